"""The TCP services of the emulated devices, spoken to over raw sockets as a scanner would."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator

import pytest
from cryptography import x509

from coverscan.demo.device_services import Page
from coverscan.demo.layout import Layout, Placement
from coverscan.demo.network import DemoNetwork

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_NETWORK = f"127.21.{_WORKER * 10}.0/24"


@pytest.fixture
async def network() -> AsyncIterator[DemoNetwork]:
    async with DemoNetwork(DemoNetwork.plan(layout=Layout.HIGH_PORTS, network=_NETWORK)) as running:
        yield running


def place(network: DemoNetwork, name: str) -> Placement:
    return next(placement for placement in network.placements if placement.device.name == name)


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def talk(
    placement: Placement, port: int, data: bytes, *, tls: ssl.SSLContext | None = None, seconds: float = 3.0
) -> bytes:
    """Send ``data`` and read until the device closes, or until nothing came for a while."""
    reader, writer = await asyncio.open_connection(placement.address, placement.tcp[port], ssl=tls)
    writer.write(data)
    got = b""
    try:
        async with asyncio.timeout(seconds):
            while piece := await reader.read(65_536):
                got += piece
    except TimeoutError:
        pass
    finally:
        writer.close()
    return got


def get(path: str, *, version: str = "1.1", connection: str = "close", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\nConnection: {connection}\r\n\r\n".encode()


def soap(operation: str) -> bytes:
    body = f'<s:Envelope xmlns:s="x"><s:Body><tds:{operation}/></s:Body></s:Envelope>'
    head = f"POST /onvif/device_service HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def header(reply: bytes, name: str) -> str:
    match = re.search(rf"^{name}:(.*)\r$".encode(), reply.partition(b"\r\n\r\n")[0] + b"\r\n", re.MULTILINE)
    assert match, (name, reply[:400])
    return match[1].decode()


async def test_every_page_of_every_device_answers_as_its_file_says(network: DemoNetwork) -> None:
    for placement in network.placements:
        for port in placement.tcp:
            service = placement.device.tcp[port]
            if service.http is None:
                continue
            for page in service.http.pages:
                reply = await talk(placement, port, _request_for(page), tls=unverified() if service.tls else None)
                head, _, body = reply.partition(b"\r\n\r\n")
                names = [line.partition(":")[0] for line in page.head[1:] if not line.startswith("Keep-Alive:")]
                where = (placement.device.name, port, page.path)
                assert [line.partition(b":")[0].decode() for line in head.split(b"\r\n")[1:]] == names, where
                assert head.split(b" ", 1)[1].startswith(page.head[0].split(" ", 1)[1].encode()), where
                length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
                assert length is None or int(length[1]) == len(body), where
                assert not re.search(rb"\{[a-z0-9_]+\}", reply), where


def _request_for(page: Page) -> bytes:
    return soap(page.contains or "GetDeviceInformation") if page.method == "POST" else get(page.path)


async def test_the_judge_finds_the_forbidden_pages_among_them(network: DemoNetwork) -> None:
    await talk(place(network, "dahua-camera-web3"), 80, get("/web_caps/webCapsConfig"))
    await talk(place(network, "hikvision-camera-2019"), 80, get("/SDK/activateStatus"))
    violations = network.journal.violations()
    assert [violation.device for violation in violations] == ["dahua-camera-web3"]


async def test_a_connection_is_kept_or_closed_as_asked(network: DemoNetwork) -> None:
    camera = place(network, "hikvision-camera-2014")
    kept = await talk(camera, 80, get("/", connection="keep-alive") + get("/doc/page/login.asp"))
    first, second = re.split(rb"(?<=</html>\n)(?=HTTP)", kept)
    assert header(first, "Connection") == " keep-alive"
    assert header(first, "Keep-Alive") == " timeout=60, max=99"
    assert header(second, "Connection") == " close"
    assert b"Keep-Alive:" not in second
    started = time.monotonic()
    assert (await talk(camera, 80, get("/", version="1.0"))).startswith(b"HTTP/1.0 200 OK\r\n")
    assert time.monotonic() - started < 1.0


async def test_heads_are_verbatim(network: DemoNetwork) -> None:
    page = await talk(place(network, "hikvision-camera-2014"), 80, get("/"))
    assert b"\r\n\r\n\xef\xbb\xbf<!DOCTYPE html" in page
    challenge = await talk(place(network, "hikvision-camera-2019"), 80, get("/ISAPI/System/deviceInfo"))
    assert header(challenge, "Server") == " "
    assert header(challenge, "Content-Length") == " 178"
    recorder = await talk(place(network, "hikvision-dvr-locked"), 80, get("/ISAPI/System/deviceInfo"))
    assert header(recorder, "Content-Length") == " 138"
    assert header(recorder, "Content-Type") == ' application/xml; charset="UTF-8"'
    printer = await talk(place(network, "printer"), 80, get("/"))
    assert header(printer, "-ONNECTION") == " Keep-Alive"


async def test_dahua_pages_state_time_and_length_in_their_etag(network: DemoNetwork) -> None:
    reply = await talk(place(network, "dahua-nvr"), 80, get("/"))
    match = re.fullmatch(r' "(\d+):([0-9a-f]+)"', header(reply, "Etag"))
    assert match
    assert int(match[2], 16) == int(header(reply, "CONTENT-LENGTH"))
    assert time.strftime(" %a, %d %b %Y %H:%M:%S GMT", time.gmtime(int(match[1]))) == header(
        reply, "Last-Modified"
    )
    assert b"\r\nServer:" not in reply


async def test_nonces_have_the_recorded_shapes_and_are_new_each_time(network: DemoNetwork) -> None:
    async def nonce(name: str, request: bytes) -> str:
        match = re.search(rb'nonce="([^"]+)"', await talk(place(network, name), 80, request))
        assert match, name
        return match[1].decode()

    device_info = get("/ISAPI/System/deviceInfo")
    camera = await nonce("hikvision-camera-2019", device_info)
    assert len(camera) == 48
    assert re.fullmatch(r"[0-9a-f]{8}:[0-9a-f]{8}", base64.b64decode(binascii.unhexlify(camera)).decode())
    assert re.fullmatch(r"[0-9a-f]{32}:\d{13}", await nonce("hikvision-nvr", device_info))
    assert re.fullmatch(
        r"[0-9a-f]{32}", base64.b64decode(await nonce("hikvision-door-station", device_info)).decode()
    )
    assert re.fullmatch(
        r"\d{9}", await nonce("dahua-camera-web3", get("/cgi-bin/magicBox.cgi?action=getDeviceType"))
    )
    onvif = await nonce("dahua-camera-web5", soap("GetDeviceInformation"))
    assert re.fullmatch(r"onvif-digest:\d{11}", base64.b64decode(onvif).decode())
    assert camera != await nonce("hikvision-camera-2019", device_info)


async def test_onvif_answers_by_operation(network: DemoNetwork) -> None:
    camera = place(network, "hikvision-camera-2014")
    assert b"<tt:Year>20" in await talk(camera, 80, soap("GetSystemDateAndTime"))
    assert b"<tds:Model>DS-2CD2032-I<" in await talk(camera, 80, soap("GetDeviceInformation"))
    assert (await talk(camera, 80, soap("GetUsers"))).startswith(b"HTTP/1.1 404 ")


async def test_head_gives_no_body_and_unknown_paths_give_404(network: DemoNetwork) -> None:
    server = place(network, "nginx-server")
    reply = await talk(server, 80, get("/", method="HEAD"))
    assert header(reply, "Content-Length") == " 615"
    assert reply.endswith(b"\r\n\r\n")
    assert (await talk(server, 80, get("/no/such/page"))).startswith(
        b"HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1"
    )
    assert (await talk(server, 8000, get("/"))).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"hello\r\n\r\n", b"\0" * 40]
)
async def test_what_is_no_http_is_refused_at_once(network: DemoNetwork, garbage: bytes) -> None:
    started = time.monotonic()
    assert (await talk(place(network, "nginx-server"), 80, garbage)).startswith(b"HTTP/1.1 400 Bad Request")
    assert await talk(place(network, "hikvision-camera-2014"), 80, garbage) == b""
    assert time.monotonic() - started < 1.0


async def test_some_firmware_does_not_answer_lines_without_cr(network: DemoNetwork) -> None:
    camera = place(network, "hikvision-camera-not-activated")
    assert await talk(camera, 80, b"GET / HTTP/1.1\nHost: x\n\n", seconds=0.5) == b""
    assert (await talk(place(network, "nginx-server"), 80, b"GET / HTTP/1.0\nHost: x\n\n")).startswith(
        b"HTTP/1.1 200"
    )


async def test_a_request_in_single_bytes_is_understood(network: DemoNetwork) -> None:
    server = place(network, "nginx-server")
    reader, writer = await asyncio.open_connection(server.address, server.tcp[80])
    for byte in get("/"):
        writer.write(bytes((byte,)))
        await writer.drain()
    assert b"Welcome to nginx!" in await reader.read()
    writer.close()


async def test_rtsp_gives_the_cseq_back_and_goes_on(network: DemoNetwork) -> None:
    camera = place(network, "hikvision-camera-2014")
    requests = (
        b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 42 OPTIONS\r\n\r\n",
        b"DESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n",
    )
    replies = await talk(camera, 554, b"".join(requests), seconds=0.5)
    options, describe = replies.split(b"\r\n\r\n")[:2]
    assert options.startswith(
        b"RTSP/1.0 200 OK\r\nCSeq: 42 OPTIONS\r\nPublic: OPTIONS, DESCRIBE, PLAY, PAUSE, SETUP"
    )
    assert re.search(
        rb"\r\nDate:  (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT$", options
    )
    assert b'\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="IP Camera(49100)", nonce="' in describe
    assert b'\r\nWWW-Authenticate: Basic realm="IP Camera(49100)"\r\n' in describe


async def test_rtsp_of_other_makers(network: DemoNetwork) -> None:
    options, describe = (
        b"%b rtsp://x/ RTSP/1.0\r\nCSeq: 7\r\n\r\n" % method for method in (b"OPTIONS", b"DESCRIBE")
    )

    async def ask(name: str, request: bytes) -> bytes:
        return await talk(place(network, name), 554, request, seconds=0.4)

    assert b'401 Unauthorized\r\nCSeq: 7\r\nWWW-Authenticate: Digest realm="Login to ND' in await ask(
        "lorex-camera", options
    )
    assert (await ask("dahua-camera-web3", b"nonsense\r\n\r\n")).startswith(
        b"RTSP/1.0 405 Method Not Allowed\r\nServer: Dahua"
    )
    assert b"Server: Rtsp Server/2.0\r\n" in await ask("reolink-camera", options)
    assert b'realm="BC Streaming Media"' in await ask("reolink-camera", describe)
    assert b"s=VCP IPC Realtime stream\r\n" in await ask("uniview-camera", describe)
    assert b"\r\nCseq: 7\r\n" in await ask("xiongmai-dvr", describe)
    assert await ask("hikvision-camera-2019", b"\x16\x03\x01\x02\x00") == b""


async def test_the_control_port_of_hikvision_waits_and_answers_garbage_otherwise(network: DemoNetwork) -> None:
    camera = place(network, "hikvision-camera-2014")
    started = time.monotonic()
    assert (await talk(camera, 8000, b"", seconds=4)).hex() == "000000100000001e0000001e00000000"
    assert 1.8 < time.monotonic() - started < 3.0
    assert network.journal.violations() == ()
    assert (await talk(camera, 8000, b"\xffSMBx")).hex() == "000000100000000d0000000d00000000"
    assert [violation.port for violation in network.journal.violations()] == [8000]


async def test_silent_ports_stay_silent_and_greetings_come_at_once(network: DemoNetwork) -> None:
    assert await talk(place(network, "dahua-camera-web3"), 37777, b"", seconds=0.4) == b""
    assert await talk(place(network, "zte-gateway"), 23, b"", seconds=0.4) == b"F668\r\n\rLogin:\n"


def _certificate(placement: Placement, port: int) -> tuple[x509.Certificate, str]:
    with (
        socket.create_connection((placement.address, placement.tcp[port]), timeout=5) as plain,
        unverified().wrap_socket(plain) as wrapped,
    ):
        return x509.load_der_x509_certificate(wrapped.getpeercert(binary_form=True) or b""), str(wrapped.version())


async def test_certificates_bear_the_names_of_the_file(network: DemoNetwork) -> None:
    async def seen(name: str) -> tuple[x509.Certificate, str]:
        return await asyncio.to_thread(_certificate, place(network, name), 443)

    nvr, version = await seen("dahua-nvr")
    assert nvr.subject.rfc4514_string() == f"CN={place(network, 'dahua-nvr').address},C=CN"
    assert "Zhejiang\u00a0Dahua\u00a0Technology" in nvr.issuer.rfc4514_string()
    assert version == "TLSv1.2"
    station, version = await seen("hikvision-door-station")
    assert f"{station.serial_number:x}" == "8ab42317c62a20f1"
    assert station.not_valid_after_utc.year == 2037
    assert station.subject == station.issuer
    axis, version = await seen("axis-camera")
    assert axis.subject.rfc4514_string() == "CN=axis-accc8e000001,O=Axis Communications AB"
    assert version == "TLSv1.3"


async def test_a_device_bears_only_so_many_connections(network: DemoNetwork) -> None:
    camera = place(network, "dahua-camera-web3")
    held = [await asyncio.open_connection(camera.address, camera.tcp[37777]) for _ in range(10)]
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        reader, writer = await asyncio.open_connection(camera.address, camera.tcp[37777])
        await reader.readexactly(1)
    assert any("at once" in violation.rule for violation in network.journal.violations())
    for _, writer in held:
        writer.close()
    await asyncio.sleep(0.2)
    assert (await talk(camera, 80, get("/"))).startswith(b"HTTP/1.1 200")


async def test_quick_connections_one_after_another_are_not_at_once(network: DemoNetwork) -> None:
    camera = place(network, "nginx-server")

    def many() -> None:
        for _ in range(300):
            for port in camera.tcp.values():
                with socket.create_connection((camera.address, port), timeout=5) as sock:
                    sock.sendall(b"GET / HTTP/1.1\r\n")

    busy = asyncio.create_task(_keep_busy())
    await asyncio.to_thread(many)
    busy.cancel()
    await asyncio.sleep(0.1)
    assert network.journal.violations(max_at_once=1) == ()


async def _keep_busy() -> None:
    """Slow the loop down, as a machine with much to do would."""
    while True:
        await asyncio.sleep(0)
        time.sleep(0.002)
