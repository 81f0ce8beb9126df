//! Pictures: stripped once is stripped for good, and what somebody hangs in is not kept.

use records::rules::photo::{check, stripped};

const TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
/// What a camera might tell.
const TOLD: &[u8] = b"46.803N 130.319E";

pub(crate) fn holds(bytes: &[u8]) {
    let mut is_photo = 0;
    for media in TYPES {
        let Ok(clean) = stripped(media, bytes) else {
            assert!(check(media, bytes).is_err());
            continue;
        };
        is_photo += 1;
        assert!(clean.len() <= bytes.len() + EXIF_BYTES, "nothing is added but which way up");
        assert_eq!(check(media, &clean), Ok(()));
        assert_eq!(check(media, bytes).is_ok(), clean == bytes);
        tells_no_more(media, bytes, &clean);
    }
    assert!(is_photo <= 1, "a picture has one type");
}

/// What is written for which way up a picture is shown may be longer than what stood there.
const EXIF_BYTES: usize = 64;

/// The same picture with a place in it becomes the same.
fn tells_no_more(media: &str, bytes: &[u8], clean: &[u8]) {
    let (begin, told) = match media {
        "image/jpeg" => (2, jpeg_comment()),
        // Behind the first chunk, which says how large it is.
        "image/png" => (8 + 25, png_text()),
        _ => return,
    };
    let telling = [&bytes[..begin], &told, &bytes[begin..]].concat();
    assert_eq!(stripped(media, &telling).as_deref(), Ok(clean));
}

fn jpeg_comment() -> Vec<u8> {
    let length = u16::try_from(TOLD.len() + 2).unwrap().to_be_bytes();
    [&[0xff, 0xfe], &length[..], TOLD].concat()
}

fn png_text() -> Vec<u8> {
    let whole = [b"tEXtComment\0", TOLD].concat();
    let length = u32::try_from(whole.len() - 4).unwrap().to_be_bytes();
    [&length[..], &whole, &checksum(&whole).to_be_bytes()].concat()
}

/// CRC-32 as PNG has it (ISO 15948, annex D).
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}
