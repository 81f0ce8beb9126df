//! The dice of a simulation: every decision of a life comes from one seed.

use records::RecordId;

use crate::trace::Trace;

/// A sequence of throws that its seed decides.
pub struct Chance {
    throws: oorandom::Rand64,
    trace: Trace,
}

impl Chance {
    /// The throws of a seed.
    pub fn new(seed: u64) -> Self {
        Self { throws: oorandom::Rand64::new(u128::from(seed)), trace: Trace::default() }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        let thrown = self.throws.rand_range(0..end.max(1));
        self.trace.number(thrown);
        thrown
    }

    /// Whether something happens that happens once in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of several.
    pub fn of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        let last = several.len() as u64;
        &several[usize::try_from(self.below(last)).unwrap_or(0)]
    }

    /// Any bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for piece in buffer.chunks_mut(8) {
            piece.copy_from_slice(&self.seed().to_be_bytes()[..piece.len()]);
        }
    }

    /// An id.
    pub fn id(&mut self, now_ms: i64) -> RecordId {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        RecordId::new(now_ms, bytes)
    }

    /// The seed of something that has its own sequence.
    pub fn seed(&mut self) -> u64 {
        let thrown = self.throws.rand_u64();
        self.trace.number(thrown);
        thrown
    }

    /// All throws so far.
    pub fn trace(&self) -> Trace {
        self.trace
    }
}
