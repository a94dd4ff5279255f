"""The modules that programs for Mirascope v1 import from, besides the packages themselves."""

from __future__ import annotations

from importlib import import_module

import pytest

MODULES = {
    "base.call_kwargs": "BaseCallKwargs",
    "base.call_params": "BaseCallParams CommonCallParams",
    "base.call_response": "BaseCallResponse",
    "base.call_response_chunk": "BaseCallResponseChunk",
    "base.dynamic_config": "BaseDynamicConfig",
    "base.from_call_args": "FromCallArgs is_from_call_args",
    "base.merge_decorators": "merge_decorators",
    "base.message_param": "BaseMessageParam TextPart ImagePart ToolResultPart",
    "base.messages": "Messages",
    "base.metadata": "Metadata",
    "base.prompt": "BasePrompt metadata prompt_template",
    "base.response_model_config_dict": "ResponseModelConfigDict",
    "base.stream": "BaseStream",
    "base.stream_config": "StreamConfig",
    "base.structured_stream": "BaseStructuredStream",
    "base.tool": "BaseTool GenerateJsonSchemaNoTitles ToolConfig",
    "base.toolkit": "BaseToolKit toolkit_tool",
    "base.types": "AudioMetadata CostMetadata FinishReason JsonableType LocalProvider Provider Usage",
}


@pytest.mark.parametrize("module", MODULES)
def test_modules_of_base(module):
    """A name is the same one in its module and, where v1 has it there too, in the package."""
    found = import_module(f"chunktape.{module}")
    package = import_module("chunktape.base")

    assert set(MODULES[module].split()) <= set(found.__all__)
    for name in set(found.__all__) & set(package.__all__):
        assert getattr(package, name) is getattr(found, name)


def test_costs():
    """What calculates costs stands where v1 has it."""
    costs = import_module("chunktape.costs")

    assert costs.calculate_cost is import_module("chunktape.calls.cost").calculate_cost
