//! A picture that no camera took.

use oorandom::Rand32;

/// The bytes of a grey JPEG of 16 × 16, so many but at least 200, that do not shrink and differ with the seed. It has the
/// form of one to its last byte, and shows nothing.
pub fn picture(bytes: usize, seed: u32) -> Vec<u8> {
    const SCAN: &[u8] = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
    const END: &[u8] = &[0xff, 0xd9];
    let mut picture = [
        &[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0][..],
        &[1; 64],
        // Two tables with one value each.
        &[0xff, 0xc4, 0, 38, 0x00, 1],
        &[0; 16],
        &[0x10, 1],
        &[0; 16],
        &[0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0],
        SCAN,
    ]
    .concat();
    let mut chance = Rand32::new(seed.into());
    while picture.len() + END.len() < bytes.max(200) {
        // 0xff would begin something else.
        picture.push((chance.rand_u32() % 255) as u8);
    }
    picture.extend(END);
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_as_large_as_it_is_to_be_and_taken_as_it_is() {
        for bytes in [200, 5_000, 300_001] {
            let made = picture(bytes, 7);
            assert_eq!(made.len(), bytes);
            assert_eq!(records::rules::photo::check("image/jpeg", &made), Ok(()));
            assert_ne!(made, picture(bytes, 8));
        }
    }
}
