//! Bytes in blocks that copies share until one of them is written to: a snapshot costs next to nothing.

use std::sync::Arc;

/// Bytes of a block, as many as a page of our databases has.
const BLOCK: usize = 4096;

type Block = Arc<[u8; BLOCK]>;

/// A growing row of bytes. Behind its end every block holds zeros.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    len: usize,
}

impl Blocks {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Copies from here and answers how many bytes there were.
    pub(super) fn read(&self, at: usize, into: &mut [u8]) -> usize {
        let count = self.len.saturating_sub(at).min(into.len());
        let mut done = 0;
        while done < count {
            let (block, from) = ((at + done) / BLOCK, (at + done) % BLOCK);
            let piece = (BLOCK - from).min(count - done);
            into[done..done + piece].copy_from_slice(&self.blocks[block][from..from + piece]);
            done += piece;
        }
        count
    }

    /// Writes over what is there and behind it; a gap is filled with zeros.
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        self.reach(at + bytes.len());
        let mut done = 0;
        while done < bytes.len() {
            let (block, from) = ((at + done) / BLOCK, (at + done) % BLOCK);
            let piece = (BLOCK - from).min(bytes.len() - done);
            let own = Arc::make_mut(&mut self.blocks[block]);
            own[from..from + piece].copy_from_slice(&bytes[done..done + piece]);
            done += piece;
        }
    }

    /// Becomes what `other` is now, in the blocks that these bytes lie in.
    pub(super) fn take_over(&mut self, other: &Self, at: usize, len: usize) {
        let end = (at + len).min(other.len);
        self.reach(end);
        let touched = at / BLOCK..end.div_ceil(BLOCK);
        if touched.start < touched.end {
            self.blocks[touched.clone()].clone_from_slice(&other.blocks[touched]);
        }
    }

    /// Cuts off, or adds zeros.
    pub(super) fn resize(&mut self, len: usize) {
        self.reach(len);
        self.blocks.truncate(len.div_ceil(BLOCK));
        if len < self.len && !len.is_multiple_of(BLOCK) {
            let last = self.blocks.last_mut().map(Arc::make_mut);
            last.into_iter().for_each(|block| block[len % BLOCK..].fill(0));
        }
        self.len = len;
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        self.read(0, &mut bytes);
        bytes
    }

    fn reach(&mut self, len: usize) {
        self.len = self.len.max(len);
        let missing = len.div_ceil(BLOCK).saturating_sub(self.blocks.len());
        self.blocks.extend((0..missing).map(|_| Arc::new([0; BLOCK])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_what_a_plain_row_of_bytes_is() {
        let mut chance = oorandom::Rand32::new(7);
        let (mut blocks, mut plain) = (Blocks::default(), Vec::new());
        for step in 0..2_000u32 {
            let at = chance.rand_range(0..30_000) as usize;
            if chance.rand_range(0..4) == 0 {
                blocks.resize(at);
                plain.resize(at, 0);
            } else {
                let bytes = vec![step as u8; chance.rand_range(0..9_000) as usize];
                let end = at + bytes.len();
                plain.resize(plain.len().max(end), 0);
                plain[at..end].copy_from_slice(&bytes);
                blocks.write(at, &bytes);
            }
            assert_eq!(blocks.len(), plain.len(), "step {step}");
            assert!(blocks.to_vec() == plain, "step {step}");
        }
    }

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut blocks = Blocks::default();
        blocks.write(0, &[1; 10_000]);
        let copy = blocks.clone();
        blocks.write(5_000, &[2; 100]);
        blocks.resize(6_000);
        assert!(copy.to_vec() == vec![1; 10_000]);
        let mut read = [0; 4];
        assert_eq!((blocks.read(5_998, &mut read), read), (2, [1, 1, 0, 0]));
    }
}
