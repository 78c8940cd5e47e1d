from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.tenant_usage_response import TenantUsageResponse
from ...types import UNSET, Response


def _get_kwargs(
    tenant_id: str,
    *,
    start_time: str,
    end_time: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["startTime"] = start_time

    params["endTime"] = end_time

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/usage/tenants/{tenant_id}".format(
            tenant_id=quote(str(tenant_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | TenantUsageResponse | None:
    if response.status_code == 200:
        response_200 = TenantUsageResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | TenantUsageResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    tenant_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> Response[ErrorResponse | TenantUsageResponse]:
    """Usage of one tenant in a time window

     Tokens, requests, sessions and cost of the tenant's traces that start inside the window. Both ends
    of the window are inclusive, compared in whole milliseconds. A trace is one request; sessions are
    the distinct session ids of those traces.

    Args:
        tenant_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TenantUsageResponse]
    """

    kwargs = _get_kwargs(
        tenant_id=tenant_id,
        start_time=start_time,
        end_time=end_time,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    tenant_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> ErrorResponse | TenantUsageResponse | None:
    """Usage of one tenant in a time window

     Tokens, requests, sessions and cost of the tenant's traces that start inside the window. Both ends
    of the window are inclusive, compared in whole milliseconds. A trace is one request; sessions are
    the distinct session ids of those traces.

    Args:
        tenant_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TenantUsageResponse
    """

    return sync_detailed(
        tenant_id=tenant_id,
        client=client,
        start_time=start_time,
        end_time=end_time,
    ).parsed


async def asyncio_detailed(
    tenant_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> Response[ErrorResponse | TenantUsageResponse]:
    """Usage of one tenant in a time window

     Tokens, requests, sessions and cost of the tenant's traces that start inside the window. Both ends
    of the window are inclusive, compared in whole milliseconds. A trace is one request; sessions are
    the distinct session ids of those traces.

    Args:
        tenant_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TenantUsageResponse]
    """

    kwargs = _get_kwargs(
        tenant_id=tenant_id,
        start_time=start_time,
        end_time=end_time,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    tenant_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> ErrorResponse | TenantUsageResponse | None:
    """Usage of one tenant in a time window

     Tokens, requests, sessions and cost of the tenant's traces that start inside the window. Both ends
    of the window are inclusive, compared in whole milliseconds. A trace is one request; sessions are
    the distinct session ids of those traces.

    Args:
        tenant_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TenantUsageResponse
    """

    return (
        await asyncio_detailed(
            tenant_id=tenant_id,
            client=client,
            start_time=start_time,
            end_time=end_time,
        )
    ).parsed
