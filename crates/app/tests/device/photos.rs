//! What is kept of a photo when it is taken.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::RecordId;
use records::call::*;
use records::rules::photo;

use super::{code, device};

const DRAFT: RecordId = RecordId::from_bytes([7; 16]);

fn take(device: &mut LocalDevice, bytes: Vec<u8>) -> Result<Photos, records::Fault> {
    let upload = device.with(|app, _| app.upload(bytes));
    device.ask(TakePhoto { record: DRAFT, upload, media: "image/jpeg".to_owned() })
}

#[test]
fn where_and_by_whom_a_photo_was_taken_is_never_kept() {
    let mut device = device();
    let picture = sample::picture(900, 1);
    let place = b"\xff\xe1\0\x1cExif\0\0N 46 48 11 E 130 19 ";
    let taken = [&picture[..2], place, &picture[2..], b"PK\x03\x04 a film"].concat();
    let row = take(&mut device, taken).unwrap().rows.remove(0);
    assert_eq!(row.size, 900);
    assert_eq!(device.with(|app, _| app.photo(row.hash)).unwrap(), Some(picture.clone()));
    assert_eq!(take(&mut device, picture).unwrap().rows.len(), 1, "and it is the same photo");
}

#[test]
fn what_is_no_photo_is_not_kept_and_those_taken_before_stay() {
    let mut device = device();
    take(&mut device, sample::picture(900, 1)).unwrap();
    let mut huge = sample::picture(900, 2);
    let frame = huge.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    huge[frame + 5..frame + 9].fill(0xff);
    for (bytes, expected) in [
        (b"<!doctype html>".to_vec(), "attachment.not_a_photo"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "attachment.not_a_photo"),
        (sample::picture(900, 3)[..899].to_vec(), "attachment.not_a_photo"),
        (huge, "attachment.too_many_pixels"),
        (sample::picture(11 << 20, 4), "attachment.too_large"),
    ] {
        assert_eq!(code(take(&mut device, bytes).unwrap_err()), expected);
    }
    assert_eq!(device.ask(ListPhotos { record: DRAFT }).unwrap().rows.len(), 1);
}

#[test]
fn what_is_large_only_by_what_hangs_behind_it_is_taken() {
    let mut device = device();
    let picture = sample::picture(900, 1);
    let film = [&picture[..], &vec![7; 11 << 20]].concat();
    assert_eq!(take(&mut device, film).unwrap().rows[0].size, 900);
    assert_eq!(photo::check("image/jpeg", &picture), Ok(()));
}
