"""The RTSP server of an emulated device: one reply a method, the CSeq of the request given back as it came."""

from __future__ import annotations

import asyncio
import re

from coverscan.demo.device_services import Rtsp
from coverscan.demo.http_service import MAX_REQUEST_HEAD, Clock, header_fields, read_head, render
from coverscan.demo.placeholders import Values
from coverscan.demo.tcp_listener import Handler

_REQUEST_LINE = re.compile(rb"^([A-Za-z_]{1,32}) +\S+ +(?:RTSP|HTTP)/\d\.\d")


def rtsp_handler(rtsp: Rtsp, values: Values, clock: Clock) -> Handler:
    """The handler of an RTSP server; requests go on over one connection until the client ends it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_head(reader, MAX_REQUEST_HEAD):
            lines = head.lstrip(b"\r\n").splitlines()
            match = _REQUEST_LINE.match(lines[0]) if lines else None
            method = match[1].decode().upper() if match else ""
            reply = rtsp.replies.get(method, rtsp.otherwise)
            if reply is None:
                return
            cseq = header_fields(lines[1:]).get("cseq", "0")
            writer.write(render(reply, {**values, "cseq": cseq}, clock()))
            await writer.drain()
            if match is None:
                return

    return serve
