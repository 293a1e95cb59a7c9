"""Small files that are what they say, made here and not fetched."""

import struct
import zlib


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 3, height: int = 2) -> bytes:
    def part(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + part(0xE0, b"JFIF\0" + bytes(9)) + part(0xC0, frame) + part(0xDA, bytes(6)) + b"\x01\xff\xd9"


def gif(width: int = 3, height: int = 2) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0" + b";"


def webp(width: int = 3, height: int = 2) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossless(width: int = 3, height: int = 2) -> bytes:
    body = b"WEBPVP8L" + struct.pack("<I", 5) + b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossy(width: int = 3, height: int = 2) -> bytes:
    body = b"WEBPVP8 " + struct.pack("<I", 10) + bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf(pages: int = 1, *, packed: bool = False, more: bytes = b"") -> bytes:
    objects = b"".join(b"<</Type /Page /Parent 2 0 R>>\n" for _ in range(pages))
    if packed:
        data = zlib.compress(objects)
        objects = b"9 0 obj<</Type /ObjStm /N 1 /First 4 /Length %d /Filter /FlateDecode>>stream\n" % len(data)
        objects += data + b"\nendstream endobj\n"
    head = b"%PDF-1.7\n1 0 obj<</Type /Catalog /Pages 2 0 R>>endobj\n2 0 obj<</Type /Pages /Kids []>>endobj\n"
    return head + objects + more + b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


PNG = png()
PDF = pdf()
TEXT = "Dear diary,\nour cat is called Zebedee. Ärgerlich!\n".encode()
