"""What all providers share, under the names that programs for ``mirascope.core.base`` import."""

from chunktape.calls.base_prompt import BasePrompt
from chunktape.calls.call_kwargs import BaseCallKwargs
from chunktape.calls.chunk import BaseCallResponseChunk
from chunktape.calls.cost_metadata import CostMetadata
from chunktape.calls.dynamic_config import BaseDynamicConfig
from chunktape.calls.extraction import BaseType, FromCallArgs, ResponseModelConfigDict
from chunktape.calls.merge_decorators import merge_decorators
from chunktape.calls.message import BaseMessageParam, Messages
from chunktape.calls.params import BaseCallParams, CommonCallParams
from chunktape.calls.part import (
    AudioPart,
    AudioURLPart,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chunktape.calls.prompt import Metadata, metadata, prompt_template
from chunktape.calls.response import BaseCallResponse
from chunktape.calls.stream import BaseStream
from chunktape.calls.structured import BaseStructuredStream
from chunktape.calls.tool import BaseTool, ToolConfig
from chunktape.calls.tool_schema import GenerateJsonSchemaNoTitles
from chunktape.calls.toolkit import BaseToolKit, toolkit_tool
from chunktape.calls.usage import JsonableType, LocalProvider, Provider, Usage

__all__ = [
    "AudioPart",
    "AudioURLPart",
    "BaseCallKwargs",
    "BaseCallParams",
    "BaseCallResponse",
    "BaseCallResponseChunk",
    "BaseDynamicConfig",
    "BaseMessageParam",
    "BasePrompt",
    "BaseStream",
    "BaseStructuredStream",
    "BaseTool",
    "BaseToolKit",
    "BaseType",
    "CacheControlPart",
    "CommonCallParams",
    "CostMetadata",
    "DocumentPart",
    "DocumentURLPart",
    "FromCallArgs",
    "GenerateJsonSchemaNoTitles",
    "ImagePart",
    "ImageURLPart",
    "JsonableType",
    "LocalProvider",
    "Messages",
    "Metadata",
    "Provider",
    "ResponseModelConfigDict",
    "TextPart",
    "ToolCallPart",
    "ToolConfig",
    "ToolResultPart",
    "Usage",
    "merge_decorators",
    "metadata",
    "prompt_template",
    "toolkit_tool",
]
