use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const JPEG: &str = "image/jpeg";
const PNG: &str = "image/png";
const WEBP: &str = "image/webp";

fn segment(marker: u8, held: &[u8]) -> Vec<u8> {
    let length = u16::try_from(held.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], held].concat()
}

fn frame(width: u16, height: u16) -> Vec<u8> {
    let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
    segment(0xc0, &[&[8], &height[..], &width, &[1, 1, 0x11, 0]].concat())
}

fn tables() -> Vec<u8> {
    let counts = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let huffman = [&[0][..], &counts, &[0], &[0x10], &counts, &[0]].concat();
    [segment(0xdb, &[&[0][..], &[1; 64]].concat()), segment(0xc4, &huffman)].concat()
}

fn scan() -> Vec<u8> {
    [segment(0xda, &[1, 1, 0, 0, 63, 0]), vec![0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56]].concat()
}

/// A picture with these segments before its frame.
fn jpeg_with(extra: &[u8]) -> Vec<u8> {
    [&[0xff, 0xd8], extra, &tables(), &frame(16, 9), &scan(), &[0xff, 0xd9]].concat()
}

/// TIFF with an orientation and a place, in either order of bytes.
fn camera(orientation: u16, is_big: bool) -> Vec<u8> {
    let two = |value: u16| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
    let four = |value: u32| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
    let field = |tag, kind, count, value: [u8; 4]| [&two(tag)[..], &two(kind), &four(count), &value].concat();
    let [high, low] = two(orientation);
    [
        if is_big { &b"MM\0*"[..] } else { b"II*\0" },
        &four(8),
        &two(3),
        &field(0x010f, 2, 4, *b"ACME"),
        &field(0x0112, 3, 1, [high, low, 0, 0]),
        &field(0x8825, 4, 1, four(50)),
        &four(0),
        b"\0\x01GPS 46.803N 130.319E",
    ]
    .concat()
}

fn exif(orientation: u16, is_big: bool) -> Vec<u8> {
    segment(0xe1, &[b"Exif\0\0", &camera(orientation, is_big)[..]].concat())
}

fn chunk(name: &[u8; 4], held: &[u8]) -> Vec<u8> {
    let whole = [name, held].concat();
    let length = u32::try_from(held.len()).unwrap().to_be_bytes();
    [&length[..], &whole, &png::checksum(&whole).to_be_bytes()].concat()
}

fn header(width: u32, height: u32) -> Vec<u8> {
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat())
}

const PNG_BEGINS: &[u8] = b"\x89PNG\r\n\x1a\n";

fn png_with(before: &[u8], after: &[u8]) -> Vec<u8> {
    let data = [chunk(b"IDAT", b"x\x9c"), chunk(b"IDAT", b"rest")].concat();
    [PNG_BEGINS, &header(16, 9), before, &data, after, &chunk(b"IEND", &[])].concat()
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let one = |(name, held): &(&[u8; 4], &[u8])| {
        let length = u32::try_from(held.len()).unwrap().to_le_bytes();
        [&name[..], &length, held, &[0][..held.len() % 2]].concat()
    };
    let all: Vec<u8> = chunks.iter().flat_map(one).collect();
    [b"RIFF", &(u32::try_from(all.len()).unwrap() + 4).to_le_bytes()[..], b"WEBP", &all].concat()
}

fn lossy(width: u16, height: u16) -> Vec<u8> {
    [&[0x10, 0, 0, 0x9d, 1, 0x2a], &width.to_le_bytes()[..], &height.to_le_bytes(), b"data!"].concat()
}

fn lossless(width: u32, height: u32) -> Vec<u8> {
    [&[0x2f], &((width - 1) | (height - 1) << 14).to_le_bytes()[..], b"bits"].concat()
}

const CANVAS: [u8; 10] = [0x3c, 0, 0, 0, 15, 0, 0, 8, 0, 0];

/// One of each, as they are kept.
fn clean() -> [(&'static str, Vec<u8>); 8] {
    [
        (JPEG, jpeg_with(&[])),
        (JPEG, jpeg_with(&segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"))),
        (JPEG, jpeg_with(&segment(0xe1, &[b"Exif\0\0", &exif::saying(6)[..]].concat()))),
        (PNG, png_with(&chunk(b"gAMA", &[0, 0, 0xb1, 0x8f]), &[])),
        (PNG, png_with(&chunk(b"eXIf", &exif::saying(8)), &[])),
        (WEBP, riff(&[(b"VP8 ", &lossy(16, 9))])),
        (WEBP, riff(&[(b"VP8L", &lossless(16, 9))])),
        (
            WEBP,
            riff(&[
                (b"VP8X", &[0x18, 0, 0, 0, 15, 0, 0, 8, 0, 0]),
                (b"ALPH", b"alpha"),
                (b"VP8 ", &lossy(16, 9)),
                (b"EXIF", &exif::saying(3)),
            ]),
        ),
    ]
}

/// What the photo is after all that tells more was taken out.
fn said(media: &str, bytes: &[u8]) -> Vec<u8> {
    assert_eq!(check(media, bytes), Err(TELLS_MORE));
    let left = stripped(media, bytes).unwrap();
    assert_eq!(check(media, &left), Ok(()));
    left
}

#[test]
fn a_photo_alone_is_taken_as_it_is() {
    for (media, bytes) in clean() {
        assert_eq!(check(media, &bytes), Ok(()), "{media} {bytes:x?}");
    }
}

#[test]
fn what_a_camera_writes_beside_the_picture_goes() {
    let icc = segment(0xe2, b"ICC_PROFILE\0\x01\x01ACME Zhang San's phone");
    for extra in [
        exif(1, true),
        exif(1, false),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>Zhang San</x:xmpmeta>"),
        segment(0xed, b"Photoshop 3.0\08BIM\x04\x04"),
        segment(0xe2, b"MPF\0II*\0"),
        icc,
        segment(0xfe, "张三拍的".as_bytes()),
        // A small picture of the whole, of before it was cut.
        segment(0xe0, &[b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01", &[7; 3][..]].concat()),
        segment(0xe0, b"JFXX\0\x10thumbnail"),
        [segment(0xef, b"maker"), exif(0, true), exif(9, true)].concat(),
    ] {
        assert_eq!(said(JPEG, &jpeg_with(&extra)), jpeg_with(&[]), "{extra:x?}");
    }
    for (before, after) in [
        (chunk(b"tEXt", b"Author\0Zhang San"), vec![]),
        (chunk(b"zTXt", b"Comment\0\0x"), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>")),
        (chunk(b"eXIf", &camera(1, false)), chunk(b"tIME", &[7, 0xea, 1, 1, 0, 0, 0])),
        (chunk(b"iCCP", b"Zhang San's screen\0\0x"), vec![]),
        ([chunk(b"acTL", &[0; 8]), chunk(b"fcTL", &[0; 26])].concat(), chunk(b"fdAT", b"another frame")),
        (chunk(b"prVt", b"a program's own"), chunk(b"gAMA", &[0; 4])),
        (chunk(b"gAMA", b"longer than it is"), vec![]),
    ] {
        assert_eq!(said(PNG, &png_with(&before, &after)), png_with(&[], &[]), "{before:x?}");
    }
    let image = lossy(16, 9);
    for chunks in [
        &[(b"VP8X", &CANVAS[..]), (b"VP8 ", &image[..]), (b"EXIF", &camera(1, true))][..],
        &[(b"VP8X", &CANVAS), (b"ICCP", b"profile"), (b"VP8 ", &image), (b"XMP ", b"<x:xmpmeta/>")],
        &[(b"VP8 ", &image), (b"JUNK", b"a program's own")],
    ] {
        assert_eq!(said(WEBP, &riff(chunks)), riff(&[(b"VP8 ", &image)]));
    }
}

#[test]
fn which_way_up_stays_and_nothing_beside_it() {
    for which in 2..=8_u8 {
        for is_big in [true, false] {
            let tiff = camera(which.into(), is_big);
            let kept = exif::saying(which);
            assert_eq!(exif::orientation(&kept), Some(which));
            let segment = |tiff: &[u8]| segment(0xe1, &[b"Exif\0\0", tiff].concat());
            assert_eq!(said(JPEG, &jpeg_with(&segment(&tiff))), jpeg_with(&segment(&kept)));
            let chunked = |tiff: &[u8]| png_with(&chunk(b"eXIf", tiff), &[]);
            assert_eq!(said(PNG, &chunked(&tiff)), chunked(&kept));
            let image = lossless(16, 9);
            let riffed = |flags: u8, tiff: &[u8]| {
                riff(&[(b"VP8X", &[flags, 0, 0, 0, 15, 0, 0, 8, 0, 0]), (b"VP8L", &image), (b"EXIF", tiff)])
            };
            let left = said(WEBP, &riffed(0x0c, &[b"Exif\0\0", &tiff[..]].concat()));
            assert_eq!(left, riffed(0x08, &kept));
        }
    }
    // JFIF stands first, whatever stood first.
    let jfif = segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let kept = segment(0xe1, &[b"Exif\0\0", &exif::saying(6)[..]].concat());
    let mixed = jpeg_with(&[exif(6, true), jfif.clone()].concat());
    assert_eq!(said(JPEG, &mixed), jpeg_with(&[jfif, kept].concat()));
}

#[test]
fn what_hangs_behind_a_picture_goes() {
    let zip = b"PK\x03\x04 and so on";
    let html = b"<script>alert(1)</script>";
    for (media, bytes) in clean() {
        for behind in [&zip[..], html, &bytes, &[0]] {
            let both = [&bytes, behind].concat();
            assert_eq!(check(media, &both), Err(TELLS_MORE), "{media}");
            assert_eq!(stripped(media, &both).as_ref(), Ok(&bytes), "{media}");
        }
        for before in [&zip[..], html, b"GIF89a", b" "] {
            assert_eq!(check(media, &[before, &bytes].concat()), Err(NOT_A_PHOTO), "{media}");
        }
    }
}

#[test]
fn what_is_cut_off_or_of_another_type_is_no_photo() {
    for (media, bytes) in clean() {
        for end in 0..bytes.len() {
            // The one zero that makes a chunk even may be missing, and then what is left is the same.
            let is_whole = stripped(media, &bytes[..end]).is_ok_and(|left| left == bytes);
            assert!(is_whole || check(media, &bytes[..end]) == Err(NOT_A_PHOTO), "{media} until {end}");
            assert!(check(media, &bytes[..end]).is_err());
        }
        for other in [JPEG, PNG, WEBP, "image/gif", "text/html", ""] {
            assert_eq!(check(other, &bytes).is_ok(), other == media);
        }
    }
    for nothing in [&b""[..], b"not a photo", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"] {
        for media in [JPEG, PNG, WEBP] {
            assert_eq!(check(media, nothing), Err(NOT_A_PHOTO));
        }
    }
}

#[test]
fn what_breaks_the_format_is_no_photo() {
    let (start, end) = ([0xff, 0xd8], [0xff, 0xd9]);
    let jpeg = |parts: &[&[u8]]| [&start, &parts.concat()[..], &end].concat();
    let (tables, frame, scan) = (tables(), frame(16, 9), scan());
    let scans = scan.repeat(65);
    for (case, bytes) in [
        ("no frame", jpeg(&[&tables, &scan])),
        ("no scan", jpeg(&[&tables, &frame])),
        ("a scan before its frame", jpeg(&[&scan, &frame])),
        ("two frames", jpeg(&[&frame, &frame, &scan])),
        ("one inside another", jpeg(&[&start, &frame, &scan])),
        ("lossless", jpeg(&[&segment(0xc3, &frame[4..]), &scan])),
        ("arithmetic", jpeg(&[&segment(0xc9, &frame[4..]), &scan])),
        ("a frame too short", jpeg(&[&segment(0xc0, &frame[4..frame.len() - 1]), &scan])),
        ("a frame too long", jpeg(&[&segment(0xc0, &[&frame[4..], &[0]].concat()), &scan])),
        ("twelve bits", jpeg(&[&segment(0xc0, &[&[12], &frame[5..]].concat()), &scan])),
        ("a table with more in it", jpeg(&[&segment(0xdb, &[0; 70]), &frame, &scan])),
        ("a table with less in it", jpeg(&[&segment(0xc4, &[0xff; 40]), &frame, &scan])),
        ("an interval with more in it", jpeg(&[&segment(0xdd, &[0; 3]), &frame, &scan])),
        ("something between segments", jpeg(&[b"<html>", &frame, &scan])),
        ("a length below itself", jpeg(&[&[0xff, 0xe1, 0, 1], &frame, &scan])),
        ("a length beyond the end", jpeg(&[&[0xff, 0xe1, 0xff, 0xff], &frame, &scan])),
        ("a scan without data", jpeg(&[&frame, &segment(0xda, &[1, 1, 0, 0, 63, 0])])),
        ("a scan of five", jpeg(&[&frame, &segment(0xda, &[5; 14]), b"x"])),
        ("more scans than anybody makes", jpeg(&[&frame, &scans])),
        ("no width", jpeg(&[&self::frame(0, 9), &scan])),
        ("no height", jpeg(&[&self::frame(16, 0), &scan])),
    ] {
        assert_eq!(check(JPEG, &bytes), Err(NOT_A_PHOTO), "{case}");
    }
    assert_eq!(check(JPEG, &jpeg(&[&frame, &scan.repeat(64)])), Ok(()));

    let png = |parts: &[&[u8]]| [PNG_BEGINS, &parts.concat()].concat();
    let (header, data, end) = (header(16, 9), chunk(b"IDAT", b"x\x9c"), chunk(b"IEND", &[]));
    let mut wrong_sum = data.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    let of = |kind: [u8; 5]| chunk(b"IHDR", &[&[0, 0, 0, 16, 0, 0, 0, 9], &kind[..]].concat());
    for (case, bytes) in [
        ("no header", png(&[&data, &end])),
        ("two headers", png(&[&header, &header, &data, &end])),
        ("no data", png(&[&header, &end])),
        ("no end", png(&[&header, &data])),
        ("an end that holds something", png(&[&header, &data, &chunk(b"IEND", b"x")])),
        ("a wrong checksum", png(&[&header, &wrong_sum, &end])),
        ("data in two places", png(&[&header, &data, &chunk(b"tEXt", b"x"), &data, &end])),
        ("a needed chunk that nobody knows", png(&[&header, &chunk(b"CODE", b"x"), &data, &end])),
        ("colours that do not come in threes", png(&[&header, &chunk(b"PLTE", &[0; 4]), &data, &end])),
        ("more colours than there are", png(&[&header, &chunk(b"PLTE", &[0; 771]), &data, &end])),
        ("a depth that no colour has", png(&[&of([3, 2, 0, 0, 0]), &data, &end])),
        ("a colour that there is not", png(&[&of([8, 5, 0, 0, 0]), &data, &end])),
        ("another packing", png(&[&of([8, 2, 1, 0, 0]), &data, &end])),
        ("another filter", png(&[&of([8, 2, 0, 1, 0]), &data, &end])),
        ("another interlacing", png(&[&of([8, 2, 0, 0, 2]), &data, &end])),
        ("a length beyond the end", png(&[&header, &[0xff; 4], b"IDAT"])),
        ("no width", png(&[&self::header(0, 9), &data, &end])),
        ("no height", png(&[&self::header(16, 0), &data, &end])),
    ] {
        assert_eq!(check(PNG, &bytes), Err(NOT_A_PHOTO), "{case}");
    }

    let (image, lossless) = (lossy(16, 9), lossless(16, 9));
    let mut inter = image.clone();
    inter[0] |= 1;
    for (case, bytes) in [
        ("no picture", riff(&[(b"VP8X", &CANVAS)])),
        ("two pictures", riff(&[(b"VP8 ", &image), (b"VP8 ", &image)])),
        ("two of different kinds", riff(&[(b"VP8 ", &image), (b"VP8L", &lossless)])),
        ("a film", riff(&[(b"VP8X", &CANVAS), (b"ANIM", &[0; 6]), (b"ANMF", &[0; 40])])),
        ("a film before a picture", riff(&[(b"VP8X", &CANVAS), (b"ANIM", &[0; 6]), (b"VP8 ", &image)])),
        ("a film behind a picture", riff(&[(b"VP8 ", &image), (b"ANMF", &[0; 40])])),
        ("a canvas of another size", riff(&[(b"VP8X", &CANVAS), (b"VP8 ", &lossy(17, 9))])),
        ("a canvas cut short", riff(&[(b"VP8X", &CANVAS[..9]), (b"VP8 ", &image)])),
        ("two canvases", riff(&[(b"VP8X", &CANVAS), (b"VP8X", &CANVAS), (b"VP8 ", &image)])),
        ("transparency without a canvas", riff(&[(b"ALPH", b"x"), (b"VP8 ", &image)])),
        ("transparency behind the picture", riff(&[(b"VP8X", &CANVAS), (b"VP8 ", &image), (b"ALPH", b"x")])),
        ("no key frame", riff(&[(b"VP8 ", &inter)])),
        ("no start", riff(&[(b"VP8 ", &[0; 20])])),
        ("a version that there is not", riff(&[(b"VP8L", &[&[0x2f, 15, 0, 2, 0x20][..], b"x"].concat())])),
        ("no width", riff(&[(b"VP8 ", &lossy(0, 9))])),
        ("a length beyond the end", [&image, &b"RIFF\xff\xff\xff\xffWEBP"[..]].concat()),
    ] {
        assert_eq!(check(WEBP, &bytes), Err(NOT_A_PHOTO), "{case}");
    }
}

#[test]
fn what_no_device_can_show_is_not_taken() {
    let jpeg = |width, height| [&[0xff, 0xd8], &frame(width, height)[..], &scan(), &[0xff, 0xd9]].concat();
    let png = |width, height| {
        [PNG_BEGINS, &header(width, height), &chunk(b"IDAT", b"x\x9c"), &chunk(b"IEND", &[])].concat()
    };
    for (width, height, is_taken) in [
        (1, 1, true),
        (8_192, 8_192, true),
        (8_193, 8_192, false),
        (16_383, 4_096, true),
        (16_383, 4_097, false),
        (16_384, 1, false),
        (1, 16_384, false),
    ] {
        let expected = if is_taken { Ok(()) } else { Err(TOO_MANY_PIXELS) };
        assert_eq!(check(JPEG, &jpeg(width, height)), expected, "{width} × {height}");
        assert_eq!(check(PNG, &png(width.into(), height.into())), expected, "{width} × {height}");
    }
    for bomb in [(u32::MAX, u32::MAX), (1 << 31, 2), (100_000, 100_000)] {
        assert_eq!(check(PNG, &png(bomb.0, bomb.1)), Err(TOO_MANY_PIXELS));
    }
    assert_eq!(check(WEBP, &riff(&[(b"VP8L", &lossless(16_384, 1))])), Err(TOO_MANY_PIXELS));
    assert_eq!(check(WEBP, &riff(&[(b"VP8 ", &lossy(16_383, 16_383))])), Err(TOO_MANY_PIXELS));
}

#[test]
fn a_tiff_that_leads_nowhere_says_nothing() {
    for tiff in [
        &b""[..],
        b"MM\0*",
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0",
        b"XX\0*\0\0\0\x08\0\0",
        // Of another kind, and two of them.
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\x06\0\0",
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x02\0\x06\0\0",
    ] {
        assert_eq!(exif::orientation(tiff), None, "{tiff:x?}");
    }
}

/// One of the clean ones, with some of its bytes changed, cut or put in.
fn damaged() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let change = (any::<prop::sample::Index>(), 0..3_u8, vec(any::<u8>(), 0..40));
    (0..clean().len(), vec(change, 0..4)).prop_map(|(which, changes)| {
        let (media, mut bytes) = clean()[which].clone();
        for (at, how, new) in changes {
            let at = at.index(bytes.len() + 1);
            let until = bytes.len().min(at + if how == 0 { 0 } else { new.len() });
            bytes.splice(at..until, if how == 2 { vec![] } else { new });
        }
        (media, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_comes_is_judged_and_what_is_left_of_it_is_taken((media, bytes) in damaged()) {
        if let Ok(left) = stripped(media, &bytes) {
            prop_assert_eq!(stripped(media, &left), Ok(left.clone()));
            prop_assert_eq!(check(media, &left), Ok(()));
        }
    }

    #[test]
    fn noise_behind_a_beginning_is_judged(which in 0..3_usize, noise in vec(any::<u8>(), 0..300)) {
        let begins = [&[0xff, 0xd8, 0xff][..], PNG_BEGINS, b"RIFF\x40\0\0\0WEBP"][which];
        let bytes = [begins, &noise].concat();
        if let Ok(left) = stripped([JPEG, PNG, WEBP][which], &bytes) {
            prop_assert_eq!(check([JPEG, PNG, WEBP][which], &left), Ok(()));
        }
    }

    #[test]
    fn segments_of_any_kind_leave_nothing_but_what_is_known(
        segments in vec((0xe0..=0xef_u8, vec(any::<u8>(), 0..60)), 0..6),
    ) {
        let extra: Vec<u8> = segments.iter().flat_map(|(marker, held)| segment(*marker, held)).collect();
        let left = stripped(JPEG, &jpeg_with(&extra)).unwrap();
        prop_assert_eq!(check(JPEG, &left), Ok(()));
        prop_assert!(left.len() <= jpeg_with(&[]).len() + 18 + 36 + 16 * segments.len());
    }
}
