"""What all providers share, under the names that programs for ``mirascope.core.base`` import."""

# From the modules of this package: whoever imports one of them later must not put the module in the
# place of a function of the same name.
from chunktape.base import types
from chunktape.base.call_kwargs import BaseCallKwargs
from chunktape.base.call_params import BaseCallParams, CommonCallParams
from chunktape.base.call_response import BaseCallResponse
from chunktape.base.call_response_chunk import BaseCallResponseChunk
from chunktape.base.dynamic_config import BaseDynamicConfig
from chunktape.base.from_call_args import FromCallArgs, is_from_call_args
from chunktape.base.merge_decorators import merge_decorators
from chunktape.base.message_param import (
    AudioPart,
    AudioURLPart,
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chunktape.base.messages import Messages
from chunktape.base.metadata import Metadata
from chunktape.base.prompt import BasePrompt, metadata, prompt_template
from chunktape.base.response_model_config_dict import ResponseModelConfigDict
from chunktape.base.stream import BaseStream
from chunktape.base.stream_config import StreamConfig
from chunktape.base.structured_stream import BaseStructuredStream
from chunktape.base.tool import BaseTool, GenerateJsonSchemaNoTitles, ToolConfig
from chunktape.base.toolkit import BaseToolKit, toolkit_tool
from chunktape.base.types import CostMetadata, JsonableType, LocalProvider, Provider, Usage
from chunktape.calls.extraction import BaseType

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
    "StreamConfig",
    "TextPart",
    "ToolCallPart",
    "ToolConfig",
    "ToolResultPart",
    "Usage",
    "is_from_call_args",
    "merge_decorators",
    "metadata",
    "prompt_template",
    "toolkit_tool",
    "types",
]
