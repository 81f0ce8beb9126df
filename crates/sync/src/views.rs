//! Views, as the server keeps them: what each source wants, and what is to be written for that.

use records::views::{Source, View, views_of};
use records::{AccountId, Body, Incarnation, Kind, RecordId, Scope};

use crate::clock::Hlc;
use crate::settle::Stored;
use crate::signature::digest;
use crate::stamps::{Stamp, Stamps, UNNUMBERED};

/// A view as its source wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its id, which follows from the source's.
    pub id: RecordId,
    kind: Kind,
    shown: Option<(Scope, Body)>,
    received_ms: i64,
}

/// The views of a record as it now is; those of a deleted one show nothing.
pub fn wanted(source: &Stored) -> impl Iterator<Item = Wanted> {
    views_of(source.kind).map(move |view| of(view, source))
}

fn of(view: &View, source: &Stored) -> Wanted {
    let shown = Source { id: source.id, scope: &source.scope, body: &source.body };
    let shown = if source.is_deleted { None } else { (view.of)(&shown) };
    Wanted { id: view_id(source.id, view.kind), kind: view.kind, shown, received_ms: source.received_ms }
}

impl Wanted {
    /// The view as it is to be written over what is there; `None` when that is as it should be, or no
    /// view at all.
    pub fn over(&self, known: Option<&Stored>) -> Option<Stored> {
        match (known, &self.shown) {
            (Some(known), _) if known.kind != self.kind => None,
            (Some(known), None) if known.is_deleted => None,
            // It is made anew where it is shown again: until then nothing of it need be kept.
            (Some(known), None) => {
                let (body, version) = (Body::of(&Nothing {}), UNNUMBERED);
                Some(Stored { is_deleted: true, version, body, ..known.clone() })
            }
            (None, None) => None,
            (known, Some((scope, body))) => {
                let is_so =
                    |known: &Stored| !known.is_deleted && known.scope == *scope && known.body == *body;
                if known.is_some_and(is_so) { None } else { Some(self.stored(scope, body)) }
            }
        }
    }

    /// In nobody's name: whoever may know part of a record need not know whose it is.
    fn stored(&self, scope: &Scope, body: &Body) -> Stored {
        let made = Stamp {
            version: UNNUMBERED,
            hlc: Hlc::of_ms(self.received_ms),
            incarnation: Incarnation::from_bytes([0; 16]),
            push_seq: 0,
            author: AccountId::from_bytes([0; 16]),
        };
        Stored {
            id: self.id,
            kind: self.kind,
            scope: scope.clone(),
            version: UNNUMBERED,
            body: body.clone(),
            stamps: Stamps::of_new(made),
            author: made.author,
            received_ms: self.received_ms,
            is_deleted: false,
        }
    }
}

#[derive(minicbor::Encode)]
#[cbor(map)]
struct Nothing {}

fn view_id(source: RecordId, kind: Kind) -> RecordId {
    let hash = digest(&[b"view".as_slice(), source.as_bytes(), &kind.0.to_be_bytes()].concat());
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    // As old as its source, so that it lies beside its like.
    let ms = source.as_bytes()[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte));
    RecordId::new(ms, random)
}
