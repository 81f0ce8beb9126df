use super::*;

const RANDOM: [u8; SEAL_RANDOM_BYTES] = [7; SEAL_RANDOM_BYTES];
const SEALED: usize = PIECE + TAG;

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery").unwrap()
}

fn plain(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

fn sealed(plain: &[u8], at_once: usize) -> Vec<u8> {
    let mut writer = SealWriter::begin(vec![], &passphrase(), &RANDOM).unwrap();
    for some in plain.chunks(at_once) {
        writer.write_all(some).unwrap();
        writer.flush().unwrap();
    }
    writer.finish().unwrap()
}

fn opened(sealed: &[u8], passphrase: &Passphrase) -> std::result::Result<Vec<u8>, SealFault> {
    let fault = |error: Error| {
        *error.get_ref().and_then(|inner| inner.downcast_ref()).unwrap_or_else(|| panic!("{error}"))
    };
    let mut reader = SealReader::begin(sealed, passphrase).map_err(fault)?;
    let mut all = vec![];
    reader.read_to_end(&mut all).map_err(fault)?;
    Ok(all)
}

#[test]
fn what_was_sealed_is_opened_however_it_came() {
    for bytes in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7] {
        let plain = plain(bytes);
        let whole = sealed(&plain, PIECE * 4);
        assert_eq!(opened(&whole, &passphrase()), Ok(plain.clone()), "{bytes}");
        assert!(whole == sealed(&plain, 4_099), "the pieces do not depend on how it was written");
        let pieces = bytes.div_ceil(PIECE).max(1);
        assert_eq!(whole.len(), HEAD_BYTES + bytes + pieces * TAG);
    }
}

#[test]
fn another_passphrase_opens_nothing() {
    let whole = sealed(&plain(100), 100);
    for other in ["correct horse batterz", "Correct horse battery", "correct horse  battery"] {
        assert_eq!(opened(&whole, &Passphrase::new(other).unwrap()), Err(SealFault::Shut), "{other}");
    }
    let line = Passphrase::new(" correct horse battery\r\n").unwrap();
    assert_eq!(opened(&whole, &line), Ok(plain(100)), "a line of a file is the same");
    assert_eq!(format!("{:?}", passphrase()), "Passphrase");
}

#[test]
fn a_passphrase_is_long_enough_to_keep_somebody_out() {
    for short in ["", "fifteen letters", "  fifteen letters\n", "十五个汉字也还是短"] {
        assert_eq!(Passphrase::new(short), Err(TooShort), "{short}");
    }
    assert!(Passphrase::new("sixteen letters.").is_ok());
}

#[test]
fn what_was_changed_anywhere_is_seen() {
    let whole = sealed(&plain(PIECE + 10), PIECE);
    let second = HEAD_BYTES + SEALED;
    for (at, fault) in [
        (0, SealFault::NotSealed),
        (MARK.len(), SealFault::Newer(257)),
        (MARK.len() + 2, SealFault::Shut),
        (HEAD_BYTES - 1, SealFault::Shut),
        (HEAD_BYTES, SealFault::Shut),
        (second - 1, SealFault::Shut),
        (second, SealFault::Damaged),
        (whole.len() - 1, SealFault::Damaged),
    ] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert_eq!(opened(&changed, &passphrase()), Err(fault), "byte {at}");
    }
}

#[test]
fn pieces_that_are_missing_twice_or_elsewhere_are_seen() {
    let whole = sealed(&plain(3 * PIECE), PIECE);
    let (head, pieces) = whole.split_at(HEAD_BYTES);
    let [one, two, three]: [&[u8]; 3] = pieces.chunks(SEALED).collect::<Vec<_>>().try_into().unwrap();
    let other = sealed(&plain(2 * PIECE), PIECE);
    let other_last = &other[HEAD_BYTES + SEALED..];
    for (case, pieces, fault) in [
        ("no piece at all", vec![], SealFault::Shut),
        ("the end cut off", vec![one, two], SealFault::Damaged),
        ("only the first", vec![one], SealFault::Shut),
        ("the first missing", vec![two, three], SealFault::Shut),
        ("one missing", vec![one, three], SealFault::Damaged),
        ("one twice", vec![one, one, two, three], SealFault::Damaged),
        ("the last twice", vec![one, two, three, three], SealFault::Damaged),
        ("two exchanged", vec![one, three, two], SealFault::Damaged),
        ("something behind the end", vec![one, two, three, b"more"], SealFault::Damaged),
        ("a part of the last", vec![one, two, &three[..SEALED - 1]], SealFault::Damaged),
        ("less than a tag", vec![one, two, &three[..TAG - 1]], SealFault::Damaged),
        ("the end of a shorter file", vec![one, two, other_last], SealFault::Damaged),
    ] {
        let all = [head, &pieces.concat()].concat();
        assert_eq!(opened(&all, &passphrase()), Err(fault), "{case}");
    }
    // The same bytes and passphrase, sealed another time: a piece of one is none of the other.
    let mut again = SealWriter::begin(vec![], &passphrase(), &[8; SEAL_RANDOM_BYTES]).unwrap();
    again.write_all(&plain(3 * PIECE)).unwrap();
    let again = again.finish().unwrap();
    let mixed = [head, one, &again[HEAD_BYTES + SEALED..]].concat();
    assert_eq!(opened(&mixed, &passphrase()), Err(SealFault::Damaged));
}

#[test]
fn nothing_is_given_out_of_a_piece_that_does_not_open() {
    let mut whole = sealed(&plain(2 * PIECE), PIECE);
    let last = whole.len() - 1;
    whole[last] ^= 1;
    let mut reader = SealReader::begin(&whole[..], &passphrase()).unwrap();
    let mut given = vec![0; 2 * PIECE];
    reader.read_exact(&mut given[..PIECE]).unwrap();
    assert!(reader.read(&mut given[PIECE..]).is_err());
    assert!(given[PIECE..].iter().all(|byte| *byte == 0));
    assert!(reader.read(&mut given).is_err(), "nor is that an end");
}

/// Backups lie in drawers for years: what this version made, every later one opens.
#[test]
fn a_file_of_the_first_version_is_opened() {
    let whole = sealed("库里的人".as_bytes(), 100);
    let bytes: String = whole[HEAD_BYTES..].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bytes, GOLDEN);
}

const GOLDEN: &str = "473106ea0da6f85ecb39722eb4ef744616468b37b786f7d03b5464ad";
