from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.direction import Direction
from ...models.error_response import ErrorResponse
from ...models.list_spans_response import ListSpansResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    trace_id: str,
    *,
    cursor: str | Unset = UNSET,
    direction: Direction | Unset = UNSET,
    limit: int | Unset = UNSET,
    span_name: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_direction: str | Unset = UNSET
    if not isinstance(direction, Unset):
        json_direction = direction

    params["direction"] = json_direction

    params["limit"] = limit

    params["spanName"] = span_name

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/sdk/traces/{trace_id}/spans".format(
            trace_id=quote(str(trace_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ListSpansResponse | None:
    if response.status_code == 200:
        response_200 = ListSpansResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | ListSpansResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    trace_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    direction: Direction | Unset = UNSET,
    limit: int | Unset = UNSET,
    span_name: str | Unset = UNSET,
) -> Response[ErrorResponse | ListSpansResponse]:
    """One page of the spans of a trace

     Spans in order of their start, one page at a time. The cursor of the next page is the `cursor` of
    the page's last item. A trace that holds no spans, or is not known, may answer with an empty page
    or with 404: readers accept both.

    Args:
        trace_id (str):
        cursor (str | Unset):
        direction (Direction | Unset): Which way to walk from the cursor, or, without one, from
            the end of the list that lies in the other
            direction. `down` follows the sort order, `up` runs against it, and the items of a page
            come in the
            order of the walk. The service's documentation words it as `down` for newer and `up` for
            older.
        limit (int | Unset): Most items on one page.
        span_name (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ListSpansResponse]
    """

    kwargs = _get_kwargs(
        trace_id=trace_id,
        cursor=cursor,
        direction=direction,
        limit=limit,
        span_name=span_name,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    trace_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    direction: Direction | Unset = UNSET,
    limit: int | Unset = UNSET,
    span_name: str | Unset = UNSET,
) -> ErrorResponse | ListSpansResponse | None:
    """One page of the spans of a trace

     Spans in order of their start, one page at a time. The cursor of the next page is the `cursor` of
    the page's last item. A trace that holds no spans, or is not known, may answer with an empty page
    or with 404: readers accept both.

    Args:
        trace_id (str):
        cursor (str | Unset):
        direction (Direction | Unset): Which way to walk from the cursor, or, without one, from
            the end of the list that lies in the other
            direction. `down` follows the sort order, `up` runs against it, and the items of a page
            come in the
            order of the walk. The service's documentation words it as `down` for newer and `up` for
            older.
        limit (int | Unset): Most items on one page.
        span_name (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ListSpansResponse
    """

    return sync_detailed(
        trace_id=trace_id,
        client=client,
        cursor=cursor,
        direction=direction,
        limit=limit,
        span_name=span_name,
    ).parsed


async def asyncio_detailed(
    trace_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    direction: Direction | Unset = UNSET,
    limit: int | Unset = UNSET,
    span_name: str | Unset = UNSET,
) -> Response[ErrorResponse | ListSpansResponse]:
    """One page of the spans of a trace

     Spans in order of their start, one page at a time. The cursor of the next page is the `cursor` of
    the page's last item. A trace that holds no spans, or is not known, may answer with an empty page
    or with 404: readers accept both.

    Args:
        trace_id (str):
        cursor (str | Unset):
        direction (Direction | Unset): Which way to walk from the cursor, or, without one, from
            the end of the list that lies in the other
            direction. `down` follows the sort order, `up` runs against it, and the items of a page
            come in the
            order of the walk. The service's documentation words it as `down` for newer and `up` for
            older.
        limit (int | Unset): Most items on one page.
        span_name (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ListSpansResponse]
    """

    kwargs = _get_kwargs(
        trace_id=trace_id,
        cursor=cursor,
        direction=direction,
        limit=limit,
        span_name=span_name,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    trace_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    direction: Direction | Unset = UNSET,
    limit: int | Unset = UNSET,
    span_name: str | Unset = UNSET,
) -> ErrorResponse | ListSpansResponse | None:
    """One page of the spans of a trace

     Spans in order of their start, one page at a time. The cursor of the next page is the `cursor` of
    the page's last item. A trace that holds no spans, or is not known, may answer with an empty page
    or with 404: readers accept both.

    Args:
        trace_id (str):
        cursor (str | Unset):
        direction (Direction | Unset): Which way to walk from the cursor, or, without one, from
            the end of the list that lies in the other
            direction. `down` follows the sort order, `up` runs against it, and the items of a page
            come in the
            order of the walk. The service's documentation words it as `down` for newer and `up` for
            older.
        limit (int | Unset): Most items on one page.
        span_name (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ListSpansResponse
    """

    return (
        await asyncio_detailed(
            trace_id=trace_id,
            client=client,
            cursor=cursor,
            direction=direction,
            limit=limit,
            span_name=span_name,
        )
    ).parsed
