# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Observation
from scanner.sources.inventory_columns import ColumnMapping, cell_text, guess_mapping
from scanner.sources.inventory_csv import read_inventory_csv, recognise_table
from scanner.sources.reading import BadLine, Item

LIST = (
    b"Camera list of the plant;;;;\n\nName;IP Address;MAC;Make;Model No.;S/N;FW Version;Site;Floor;User Name;Password;Notes\n"
    b"Front door;192.0.2.10;44-19-B6-01-02-03;Hikvision;DS-2CD2042WD-I;123456789;V5.4.5;Plant;1;admin;hunter2;x\n"
    b"Gate;http://root:pw@192.0.2.11:8080/;;n/a;IPC-HFW1;;;Yard;-;admin;hunter2;\n;;;;;;;;;;;\nTotal;;;;;;;;;;;2\n"
)


def read(document: bytes) -> tuple[ColumnMapping | None, list[Item]]:
    items = list(read_inventory_csv([document], "list.csv"))
    mapping = next((item for item in items if isinstance(item, ColumnMapping)), None)
    return mapping, [item for item in items if not isinstance(item, ColumnMapping)]


def seen(document: bytes) -> list[Observation]:
    return [item for item in read(document)[1] if isinstance(item, Observation)]


def test_a_list_with_a_title_and_secrets() -> None:
    mapping, items = read(LIST)
    assert mapping is not None
    assert mapping.line == 3
    assert mapping.columns == {
        "Name": "hostname", "IP Address": "ip", "MAC": "mac", "Make": "asset.manufacturer", "Model No.": "asset.model",
        "S/N": "asset.serial", "FW Version": "asset.firmware", "Site": "asset.location", "Floor": "asset.location",
    }  # fmt: skip
    assert (mapping.dropped, mapping.ignored) == (("User Name", "Password"), ("Notes",))
    first, second, total = items
    assert first == Observation(
        source="inventory-csv", ip="192.0.2.10", service="asset", mac="44:19:b6:01:02:03", hostname="Front door",
        fields={
            "asset.manufacturer": "Hikvision", "asset.model": "DS-2CD2042WD-I", "asset.serial": "123456789",
            "asset.firmware": "V5.4.5", "asset.location": "Plant, 1",
        },
    )  # fmt: skip
    assert isinstance(second, Observation)
    assert (second.ip, second.port, second.fields) == (
        "192.0.2.11",
        8080,
        {"asset.model": "IPC-HFW1", "asset.location": "Yard"},
    )
    assert str(total).startswith("list.csv, line 7: the row names no device")
    assert "hunter2" not in repr(items)
    assert "root:pw" not in repr(items)


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        (b"ID,Device Type,Status,IPv4 Address,Port,Software Version,IPv4 Gateway,HTTP Port,Device Serial No.,MAC Address\n"
         b"1,DS-2CD2042WD-I,Active,192.0.2.10,8000,V5.4.5build 170123,192.0.2.1,80,DS-1,44:19:b6:01:02:03\n",
         {"asset.model": "DS-2CD2042WD-I", "asset.firmware": "V5.4.5build 170123", "asset.serial": "DS-1"}),
        (b"HardwareName,HardwareAddress,MacAddress,UserName,Password,DriverNumber,DriverDisplayName\n"
         b"Cam,http://192.0.2.10:80/,44:19:b6:01:02:03,root,pw,12,Hikvision DS-2CD\n", {"asset.model": "Hikvision DS-2CD"}),
        (b"IPAddress;Port;Username;Password;ForcedOffline;Name;ModelName;ProductType;SerialNumber;MacAddress;Status\n"
         b"192.0.2.10;80;a;b;0;Cam;BC620;x;77;4419b6010203;1\n", {"asset.model": "BC620", "asset.serial": "77"}),
        (b"name,sys_class_name,ip_address,mac_address,serial_number,manufacturer,model_id,location\n"
         b"Cam,cmdb_ci_iot,192.0.2.10,4419.b601.0203,S1,Dahua,IPC,Hall\n",
         {"asset.manufacturer": "Dahua", "asset.model": "IPC", "asset.serial": "S1", "asset.location": "Hall"}),
        ("IP地址,MAC地址,厂商,型号\n192.0.2.10,44:19:b6:01:02:03,海康威视,DS-1\n".encode("gb18030"),
         {"asset.manufacturer": "海康威视", "asset.model": "DS-1"}),
        (b"Ger\xe4t\tIP-Adresse\tMAC\tHersteller\nT\xfcr\t192.0.2.10\t44:19:b6:01:02:03\tM\xfcller\n", {"asset.manufacturer": "Müller"}),
    ],
)  # fmt: skip
def test_tables_of_known_tools(heading: bytes, fields: dict[str, str]) -> None:
    assert recognise_table(heading)
    (found,) = seen(heading)
    assert (found.ip, found.mac, found.fields) == ("192.0.2.10", "44:19:b6:01:02:03", fields)


def test_headings_that_may_mean_two_things_are_settled_by_the_values() -> None:
    addresses = guess_mapping([["Model", "Address"], ["X1", "192.0.2.1"]])
    places = guess_mapping([["Model", "Serial", "Address"], ["X1", "1", "1 Main Street"]])
    kinds = guess_mapping([["IP", "MAC", "Type"], ["192.0.2.1", "x", "IP Camera"], ["192.0.2.1", "x", "NVR"]])
    assert addresses is not None
    assert places is not None
    assert kinds is not None
    assert addresses[1].columns["Address"] == "ip"
    assert "Address" not in places[1].columns
    assert "Type" not in kinds[1].columns


@pytest.mark.parametrize(
    ("cell", "text"),
    [("=\"192.0.2.1\"", "192.0.2.1"), ("'00123", "00123"), ("#N/A", None), (" - ", None), ("unknown", None),
     ('=HYPERLINK("http://192.0.2.1/","x")', "http://192.0.2.1/"), ("a", "a")],
)  # fmt: skip
def test_what_spreadsheets_wrap_around_values(cell: str, text: str | None) -> None:
    assert cell_text(cell) == text


def test_cells_that_are_odd() -> None:
    document = (
        b'IP,MAC,Serial,Port\n"192.0.2.1, 192.0.2.2",44:19:b6:01:02:03,1,80.0\n192.0.2.3,4.419E+11,1.2E+15,x\n'
        b"not an address,,7,\n192.0.2.4"
    )
    _, items = read(document)
    good = [(item.ip, item.port, item.mac) for item in items if isinstance(item, Observation)]
    assert good == [
        ("192.0.2.1", 80, "44:19:b6:01:02:03"), ("192.0.2.2", 80, "44:19:b6:01:02:03"), ("192.0.2.3", None, None),
        (None, None, None), ("192.0.2.4", None, None),
    ]  # fmt: skip
    assert [str(item) for item in items if isinstance(item, BadLine)] == [
        "list.csv, line 3: the mac 4.419E+11 was spoilt by a spreadsheet",
        "list.csv, line 3: the serial 1.2E+15 was spoilt by a spreadsheet",
        "list.csv, line 4: not an address: not an address",
        "list.csv, line 5: the last line is cut off",
    ]


@pytest.mark.parametrize(
    "text", [b"", b"hello world\n", b"a,b,c\n1,2,3\n", b"Dear all, the model is nice\n", b"<html>", b"ip\n"]
)
def test_what_is_no_table_of_devices(text: bytes) -> None:
    assert not recognise_table(text)
    (bad,) = read_inventory_csv([text], "list.csv")
    assert isinstance(bad, BadLine)


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    for document in (data, b"IP,MAC,Serial\n" + data, b"IP;Address;Type;Password\n" + data):
        for item in read_inventory_csv([document], "list.csv"):
            assert isinstance(item, (Observation, BadLine, ColumnMapping))
