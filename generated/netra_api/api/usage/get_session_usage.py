from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.session_usage_response import SessionUsageResponse
from ...types import UNSET, Response


def _get_kwargs(
    session_id: str,
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
        "url": "/usage/sessions/{session_id}".format(
            session_id=quote(str(session_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | SessionUsageResponse | None:
    if response.status_code == 200:
        response_200 = SessionUsageResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | SessionUsageResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> Response[ErrorResponse | SessionUsageResponse]:
    """Usage of one session in a time window

     Tokens, requests and cost of the session's traces that start inside the window. Both ends of the
    window are inclusive, compared in whole milliseconds. A trace is one request; a trace counts with
    all of its spans, wherever those end.

    Args:
        session_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | SessionUsageResponse]
    """

    kwargs = _get_kwargs(
        session_id=session_id,
        start_time=start_time,
        end_time=end_time,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> ErrorResponse | SessionUsageResponse | None:
    """Usage of one session in a time window

     Tokens, requests and cost of the session's traces that start inside the window. Both ends of the
    window are inclusive, compared in whole milliseconds. A trace is one request; a trace counts with
    all of its spans, wherever those end.

    Args:
        session_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | SessionUsageResponse
    """

    return sync_detailed(
        session_id=session_id,
        client=client,
        start_time=start_time,
        end_time=end_time,
    ).parsed


async def asyncio_detailed(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> Response[ErrorResponse | SessionUsageResponse]:
    """Usage of one session in a time window

     Tokens, requests and cost of the session's traces that start inside the window. Both ends of the
    window are inclusive, compared in whole milliseconds. A trace is one request; a trace counts with
    all of its spans, wherever those end.

    Args:
        session_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | SessionUsageResponse]
    """

    kwargs = _get_kwargs(
        session_id=session_id,
        start_time=start_time,
        end_time=end_time,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    start_time: str,
    end_time: str,
) -> ErrorResponse | SessionUsageResponse | None:
    """Usage of one session in a time window

     Tokens, requests and cost of the session's traces that start inside the window. Both ends of the
    window are inclusive, compared in whole milliseconds. A trace is one request; a trace counts with
    all of its spans, wherever those end.

    Args:
        session_id (str):
        start_time (str): Start of the time window, inclusive; UTC with milliseconds, in exactly
            this form.
        end_time (str): End of the time window, inclusive; UTC with milliseconds, in exactly this
            form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | SessionUsageResponse
    """

    return (
        await asyncio_detailed(
            session_id=session_id,
            client=client,
            start_time=start_time,
            end_time=end_time,
        )
    ).parsed
