from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.list_traces_request import ListTracesRequest
from ...models.list_traces_response import ListTracesResponse
from ...types import Response


def _get_kwargs(
    *,
    body: ListTracesRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/sdk/traces",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ListTracesResponse | None:
    if response.status_code == 200:
        response_200 = ListTracesResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | ListTracesResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ListTracesRequest,
) -> Response[ErrorResponse | ListTracesResponse]:
    """One page of the traces that start in a time window

     A read, though it is a POST: always safe to repeat. Returns the traces whose start lies inside the
    window (both ends inclusive, compared in whole milliseconds) and that match every filter, one page
    at a time. The cursor of the next page is the `cursor` of the page's last item.

    Args:
        body (ListTracesRequest): A window of time, filters, and which page of what order.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ListTracesResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: ListTracesRequest,
) -> ErrorResponse | ListTracesResponse | None:
    """One page of the traces that start in a time window

     A read, though it is a POST: always safe to repeat. Returns the traces whose start lies inside the
    window (both ends inclusive, compared in whole milliseconds) and that match every filter, one page
    at a time. The cursor of the next page is the `cursor` of the page's last item.

    Args:
        body (ListTracesRequest): A window of time, filters, and which page of what order.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ListTracesResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ListTracesRequest,
) -> Response[ErrorResponse | ListTracesResponse]:
    """One page of the traces that start in a time window

     A read, though it is a POST: always safe to repeat. Returns the traces whose start lies inside the
    window (both ends inclusive, compared in whole milliseconds) and that match every filter, one page
    at a time. The cursor of the next page is the `cursor` of the page's last item.

    Args:
        body (ListTracesRequest): A window of time, filters, and which page of what order.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ListTracesResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: ListTracesRequest,
) -> ErrorResponse | ListTracesResponse | None:
    """One page of the traces that start in a time window

     A read, though it is a POST: always safe to repeat. Returns the traces whose start lies inside the
    window (both ends inclusive, compared in whole milliseconds) and that match every filter, one page
    at a time. The cursor of the next page is the `cursor` of the page's last item.

    Args:
        body (ListTracesRequest): A window of time, filters, and which page of what order.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ListTracesResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
