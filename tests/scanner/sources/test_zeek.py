from __future__ import annotations

import json

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine, Item
from scanner.sources.zeek import read_zeek_json, read_zeek_tsv

HTTP = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n#open\t2026-08-05-10-00-00\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\tstatus_code\tusername\tpassword\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tcount\tstring\tstring\tstring\tcount\tstring\tstring\n"
    "1785924000.123456\tCx1\t198.51.100.7\t50000\t192.0.2.10\t80\t1\tGET\t192.0.2.10\t/doc/page\\x09x\t401\tadmin\tsecret\n"
    "1785924000.2\tCx2\t198.51.100.7\t50000\t192.0.2.11\t80\t1\tGET\t-\t/\t-\t-\t-\n"
)
CONN = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tconn_state\tresp_l2_addr\n"
    "1785924000.1\tC1\t198.51.100.7\t5\t192.0.2.10\t554\ttcp\trtsp\tSF\t44:19:b6:01:02:03\n"
    "1785924000.1\tC2\t198.51.100.7\t5\t192.0.2.12\t8000\ttcp\t-\tS0\t-\n"
    "1785924000.1\tC3\t198.51.100.7\t5\t192.0.2.13\t443\ttcp\tssl,http\tS1\t-\n"
    "#close\t2026-08-05-11-00-00\n"
)


def tsv(text: str) -> list[Item]:
    return list(read_zeek_tsv([text.encode()], "x.log"))


def test_several_logs_in_one_file_and_no_passwords() -> None:
    web, stream, secure = tsv(HTTP + CONN)
    assert web == Observation(
        source="zeek-file", observed_at="2026-08-05T10:00:00Z", ip="192.0.2.10", port=80, transport="tcp",
        service="http", fields={"http.status": "401", "http.path": "/doc/page\tx"},
    )  # fmt: skip
    assert isinstance(stream, Observation)
    assert isinstance(secure, Observation)
    assert (stream.port, stream.service, stream.mac) == (554, "rtsp", "44:19:b6:01:02:03")
    assert (secure.ip, secure.service) == ("192.0.2.13", "https")
    assert "secret" not in repr(tsv(HTTP))


def test_rows_that_do_not_fit() -> None:
    items = tsv("1\t2\n" + CONN.replace("#close", "1785924000.1\tC9"))
    assert [str(item) for item in items if isinstance(item, BadLine)] == [
        "x.log, line 1: a row without a #fields line before it",
        "x.log, line 11: 3 columns instead of 10",
    ]
    assert "the last line is cut off" in str(tsv(CONN.removesuffix("#close\t2026-08-05-11-00-00\n")[:-8])[-1])


def js(*records: object) -> list[Item]:
    return list(read_zeek_json(["\n".join(json.dumps(record) for record in records).encode() + b"\n"], "x.json"))


def test_json_of_every_log() -> None:
    end = {"uid": "C1", "id.orig_h": "198.51.100.7", "id.resp_h": "192.0.2.10", "id.resp_p": 443}
    items = js(
        {"ts": 1785924000.5, **end, "version": "TLSv12", "cipher": "x", "established": True, "subject": "CN=dev,O=Maker",
         "issuer": "CN=root", "cert_chain_fps": ["ab" * 32]},
        {"ts": "2026-08-05T10:00:00.005432Z", **end, "auth_attempts": 1, "server": "SSH-2.0-x"},
        {"ts": 1, "host": "192.0.2.9", "host_p": 80, "software_type": "HTTP::SERVER", "unparsed_version": "App-webs/"},
        {"ts": 1785924000, "host": "192.0.2.9", "port_num": 23, "port_proto": "tcp", "service": ["TELNET"]},
        {"ts": 1785924000, "uids": ["C"], "mac": "44:19:b6:01:02:03", "assigned_addr": "192.0.2.20", "host_name": "cam1"},
        {"ts": 1785924000, "uid": "C", "note": "of no use"},
    )  # fmt: skip
    tls, ssh, software, service, lease = items
    for item in items:
        assert isinstance(item, Observation)
    assert isinstance(tls, Observation)
    assert isinstance(ssh, Observation)
    assert isinstance(software, Observation)
    assert isinstance(service, Observation)
    assert isinstance(lease, Observation)
    assert tls.fields == {
        "tls.version": "TLSv1.2", "tls.subject": "CN=dev,O=Maker", "tls.issuer": "CN=root", "tls.sha256": "ab" * 32,
    }  # fmt: skip
    assert (ssh.observed_at, ssh.fields["ssh.banner"]) == ("2026-08-05T10:00:00Z", "SSH-2.0-x")
    assert software.fields == {"http.server": "App-webs/"}
    assert (service.port, service.service) == (23, "telnet")
    assert (lease.ip, lease.mac, lease.hostname, lease.service) == (
        "192.0.2.20",
        "44:19:b6:01:02:03",
        "cam1",
        "dhcp",
    )
    assert "no ts" in str(js({"a": 1})[0])
