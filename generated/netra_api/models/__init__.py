"""Contains all the data models used in inputs/outputs"""

from .direction import Direction
from .error_detail import ErrorDetail
from .error_response import ErrorResponse
from .filter_operator import FilterOperator
from .filter_type import FilterType
from .json_object import JsonObject
from .list_spans_response import ListSpansResponse
from .list_traces_request import ListTracesRequest
from .list_traces_response import ListTracesResponse
from .page_info import PageInfo
from .pagination import Pagination
from .session_usage_data import SessionUsageData
from .session_usage_response import SessionUsageResponse
from .sort_order import SortOrder
from .spans_result import SpansResult
from .tenant_usage_data import TenantUsageData
from .tenant_usage_response import TenantUsageResponse
from .trace_filter import TraceFilter
from .trace_span import TraceSpan
from .trace_summary import TraceSummary
from .traces_result import TracesResult

__all__ = (
    "Direction",
    "ErrorDetail",
    "ErrorResponse",
    "FilterOperator",
    "FilterType",
    "JsonObject",
    "ListSpansResponse",
    "ListTracesRequest",
    "ListTracesResponse",
    "PageInfo",
    "Pagination",
    "SessionUsageData",
    "SessionUsageResponse",
    "SortOrder",
    "SpansResult",
    "TenantUsageData",
    "TenantUsageResponse",
    "TraceFilter",
    "TraceSpan",
    "TracesResult",
    "TraceSummary",
)
