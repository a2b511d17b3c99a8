"""Containers that no library writes: a ZIP under PKWARE's old cipher, a serialised Java map, protobuf fields."""
import io, struct, zipfile


def traditional_zip(member, plain, password, noise):
    """PKWARE's traditional cipher, which Python reads and does not write (APPNOTE section 6.1)."""
    table = [0] * 256
    for index in range(256):
        crc = index
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        table[index] = crc
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 255]
        keys[1] = (keys[1] + (keys[0] & 255)) * 134775813 + 1 & 0xFFFFFFFF
        keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 255]

    def encrypt(data):
        out = bytearray()
        for byte in data:
            word = keys[2] | 2
            out.append(byte ^ (word * (word ^ 1) >> 8 & 255))
            update(byte)
        return bytes(out)

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as clear:
        info = zipfile.ZipInfo(member, (2024, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        clear.writestr(info, plain)
    data, start = archive.getvalue(), 30 + len(member)
    directory = data.index(b"PK\x01\x02")
    for byte in password:
        update(byte)
    crc = struct.unpack_from("<I", data, directory + 16)[0]
    sealed = encrypt(noise + bytes([crc >> 24]) + data[start:directory])
    local, central, end = bytearray(data[:start]), bytearray(data[directory:-22]), bytearray(data[-22:])
    for header, flags, size in ((local, 6, 18), (central, 8, 20)):
        struct.pack_into("<H", header, flags, struct.unpack_from("<H", header, flags)[0] | 1)
        struct.pack_into("<I", header, size, len(sealed))
    struct.pack_into("<I", end, 16, len(local) + len(sealed))
    archive = bytes(local) + sealed + bytes(central) + bytes(end)
    assert zipfile.ZipFile(io.BytesIO(archive)).read(member, pwd=password) == plain
    return archive


def java_map(entries):
    text = lambda value: struct.pack(">H", len(value.encode())) + value.encode()
    strings = b"".join(b"\x74" + text(value) for pair in entries.items() for value in pair)
    return (b"\xac\xed\x00\x05\x73\x72" + text("java.util.HashMap") + bytes.fromhex("0507dac1c31660d103") + b"\x00\x02"
            + b"F" + text("loadFactor") + b"I" + text("threshold") + b"\x78\x70" + bytes.fromhex("3f400000")
            + struct.pack(">I", 12) + b"\x77\x08" + struct.pack(">II", 16, len(entries)) + strings + b"\x78")


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value
