//! What waits, sealed, in a file beside the database: it outlives the database's key, and this device cannot read it.
//!
//! The file is a line that says what it is and then a frame for each commit, in the order in which they are to be sent:
//! the length of its bytes, its mark, a checksum, its bytes. What is torn off or damaged is left out: as long as the
//! database can be opened, whatever waits in it is sealed again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use app::unsent::{MARK_BYTES, Mark, Unsent};
use xxhash_rust::xxh3::xxh3_64;

use crate::private;

/// The first line. The number is the format's.
const LINE: &[u8] = b"Gridwalk unsent, format 1\n";
/// Bytes before those of a frame: length, mark, checksum.
const HEAD: usize = 4 + MARK_BYTES + 8;

/// A file of sealed commits.
pub struct Journal {
    path: PathBuf,
    marks: BTreeSet<Mark>,
    /// What was appended and may not be on disk yet.
    unsynced: Option<File>,
}

impl Journal {
    /// Reads what is there. A file that is cut short is mended.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let bytes = read(&path)?;
        let frames = frames(&bytes);
        let marks = frames.iter().map(|(mark, _)| *mark).collect();
        if bytes != file_of(&frames) && bytes != LINE {
            // What cannot be read here, or is of another format, somebody may still read elsewhere.
            private::replace(&path.with_extension("damaged"), &bytes)?;
            private::replace(&path, &file_of(&frames))?;
        }
        Ok(Self { path, marks, unsynced: None })
    }

    /// What is in it.
    pub fn marks(&self) -> &BTreeSet<Mark> {
        &self.marks
    }

    /// Adds what is new, and leaves out what does not wait any more. What was added is on disk with the next
    /// [`Journal::sync`].
    ///
    /// # Errors
    /// When the disk fails: then everything is as it was.
    pub fn follow(&mut self, unsent: &Unsent) -> io::Result<()> {
        if self.marks.is_subset(&unsent.all) {
            return self.append(&unsent.new);
        }
        let bytes = read(&self.path)?;
        let mut frames = frames(&bytes);
        frames.retain(|(mark, _)| unsent.all.contains(mark));
        frames.extend(unsent.new.iter().map(|(mark, sealed)| (*mark, &sealed[..])));
        private::replace(&self.path, &file_of(&frames))?;
        self.marks = frames.into_iter().map(|(mark, _)| mark).collect();
        self.unsynced = None;
        Ok(())
    }

    /// Adds those of these at the end that are not in it.
    ///
    /// # Errors
    /// As [`Journal::follow`].
    pub fn append(&mut self, new: &[(Mark, Vec<u8>)]) -> io::Result<()> {
        let new: Vec<_> = new.iter().filter(|(mark, _)| !self.marks.contains(mark)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut file = match self.unsynced.take() {
            Some(file) => file,
            None => {
                if self.path.metadata().map_or(0, |about| about.len()) == 0 {
                    private::replace(&self.path, LINE)?;
                }
                File::options().append(true).open(&self.path)?
            }
        };
        let before = file.metadata()?.len();
        let frames: Vec<u8> = new.iter().flat_map(|(mark, sealed)| frame(mark, sealed)).collect();
        if let Err(error) = file.write_all(&frames) {
            // Half a frame would hide those that follow.
            file.set_len(before)?;
            return Err(error);
        }
        self.marks.extend(new.iter().map(|(mark, _)| *mark));
        self.unsynced = Some(file);
        Ok(())
    }

    /// Puts on disk what was appended.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&mut self) -> io::Result<()> {
        self.unsynced.take().map_or(Ok(()), |file| file.sync_data())
    }

    /// The frames, first to be sent first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn all(&self) -> io::Result<Vec<(Mark, Vec<u8>)>> {
        let bytes = read(&self.path)?;
        Ok(frames(&bytes).into_iter().map(|(mark, sealed)| (mark, sealed.to_vec())).collect())
    }

    /// Leaves one out that has arrived.
    ///
    /// # Errors
    /// As [`Journal::follow`].
    pub fn leave_out(&mut self, mark: &Mark) -> io::Result<()> {
        let all = self.marks.iter().filter(|kept| *kept != mark).copied().collect();
        self.follow(&Unsent { all, new: vec![] })
    }

    /// Gives everything to another file, which has it on disk before this one is gone.
    ///
    /// # Errors
    /// When the disk fails: nothing is lost, and some may then be in both.
    pub fn hand_over(self, to: &mut Self) -> io::Result<()> {
        to.append(&self.all()?)?;
        to.sync()?;
        private::remove(&self.path)
    }
}

fn read(path: &PathBuf) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(vec![]),
        read => read,
    }
}

fn frame(mark: &Mark, sealed: &[u8]) -> Vec<u8> {
    let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[..], mark, &checksum(mark, sealed), sealed].concat()
}

fn checksum(mark: &Mark, sealed: &[u8]) -> [u8; 8] {
    xxh3_64(&[&mark[..], sealed].concat()).to_be_bytes()
}

fn file_of(frames: &[(Mark, &[u8])]) -> Vec<u8> {
    if frames.is_empty() {
        return vec![];
    }
    let frames = frames.iter().flat_map(|(mark, sealed)| frame(mark, sealed));
    LINE.iter().copied().chain(frames).collect()
}

/// The frames that are whole, each mark once. Behind one that is damaged the next is looked for byte by byte.
fn frames(bytes: &[u8]) -> Vec<(Mark, &[u8])> {
    let mut rest = bytes.strip_prefix(LINE).unwrap_or(bytes);
    let (mut frames, mut seen) = (vec![], BTreeSet::new());
    while rest.len() >= HEAD {
        match first_frame(rest) {
            Some((mark, sealed, next)) => {
                frames.extend(seen.insert(mark).then_some((mark, sealed)));
                rest = next;
            }
            None => rest = &rest[1..],
        }
    }
    frames
}

fn first_frame(bytes: &[u8]) -> Option<(Mark, &[u8], &[u8])> {
    let (head, behind) = bytes.split_at_checked(HEAD)?;
    let (length, head) = head.split_at(4);
    let (mark, sum) = head.split_at(MARK_BYTES);
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    let (sealed, next) = behind.split_at_checked(length)?;
    let mark: Mark = mark.try_into().ok()?;
    (sum == checksum(&mark, sealed)).then_some((mark, sealed, next))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn sealed(number: u8) -> (Mark, Vec<u8>) {
        ([number; MARK_BYTES], vec![number; 100])
    }

    fn unsent(all: &[u8], new: &[u8]) -> Unsent {
        let all = all.iter().map(|number| [*number; MARK_BYTES]).collect();
        Unsent { all, new: new.iter().map(|number| sealed(*number)).collect() }
    }

    fn kept(journal: &Journal) -> Vec<u8> {
        let all = journal.all().unwrap();
        assert!(all.iter().all(|(mark, sealed)| sealed == &vec![mark[0]; 100]));
        all.into_iter().map(|(mark, _)| mark[0]).collect()
    }

    #[test]
    fn what_waits_is_kept_in_its_order_and_what_arrived_is_not() {
        let folder = TempDir::new().unwrap();
        let open = || Journal::open(folder.path().join("unsent")).unwrap();
        let mut journal = open();
        journal.follow(&unsent(&[], &[])).unwrap();
        assert!(!folder.path().join("unsent").exists(), "nothing waits, nothing is written");
        for (all, new, left) in [
            (&[1, 2][..], &[1, 2][..], &[1, 2][..]),
            (&[1, 2, 3], &[3], &[1, 2, 3]),
            (&[2, 3], &[], &[2, 3]),
            (&[2, 3, 4], &[4], &[2, 3, 4]),
            (&[3, 5], &[5], &[3, 5]),
            (&[], &[], &[]),
            (&[6], &[6], &[6]),
        ] {
            journal.follow(&unsent(all, new)).unwrap();
            journal.sync().unwrap();
            assert_eq!(kept(&journal), left);
            assert_eq!(open().marks(), journal.marks());
        }
    }

    #[test]
    fn whatever_is_cut_off_or_damaged_costs_its_own_frame_alone() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("unsent");
        let mut journal = Journal::open(path.clone()).unwrap();
        journal.append(&[sealed(1), sealed(2), sealed(3)]).unwrap();
        let whole = fs::read(&path).unwrap();
        let size = HEAD + 100;
        let kept_of = |bytes: &[u8]| frames(bytes).iter().map(|(mark, _)| mark[0]).collect::<Vec<_>>();
        for cut in 0..whole.len() {
            let left = cut.saturating_sub(LINE.len()) / size;
            assert_eq!(kept_of(&whole[..cut]), (1..=left as u8).collect::<Vec<_>>(), "cut at {cut}");
        }
        for at in LINE.len()..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            let kept = kept_of(&damaged);
            let hit = ((at - LINE.len()) / size + 1) as u8;
            assert_eq!(kept, (1..=3).filter(|number| *number != hit).collect::<Vec<_>>(), "byte {at}");
        }
        for at in 0..LINE.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert_eq!(kept_of(&damaged), [1, 2, 3], "byte {at} of the line");
        }
        // Whatever it was left as, what is added is found.
        for cut in
            [0, 3, LINE.len(), LINE.len() + 3, LINE.len() + HEAD + 7, LINE.len() + size, whole.len() - 1]
        {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::open(path.clone()).unwrap();
            journal.append(&[sealed(9)]).unwrap();
            assert_eq!(kept(&journal).last(), Some(&9), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_handed_over_is_in_the_other_file_once() {
        let folder = TempDir::new().unwrap();
        let open = |name: &str| Journal::open(folder.path().join(name)).unwrap();
        let (mut journal, mut left) = (open("unsent"), open("left"));
        journal.append(&[sealed(2), sealed(3)]).unwrap();
        left.append(&[sealed(1), sealed(2)]).unwrap();
        journal.hand_over(&mut left).unwrap();
        assert_eq!(kept(&open("left")), [1, 2, 3]);
        assert!(!folder.path().join("unsent").exists());
        let mut left = open("left");
        left.leave_out(&sealed(2).0).unwrap();
        assert_eq!(kept(&open("left")), [1, 3]);
    }
}
