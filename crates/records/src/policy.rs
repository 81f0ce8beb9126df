//! How two values of one field meet: what a device shows of its waiting edits and what the server
//! settles follow these same functions of encoded values.

use std::borrow::Cow;

use crate::body::{Body, NULL, Patch};
use crate::declaration::Declaration;
use crate::set::{self, SetWrite};

/// How two values of one field merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The later write by effective clock wins; the losing value is kept and shown.
    LastWriter,
    /// Set when the record is made, never changed.
    Fixed,
    /// A whole number that only grows: the larger one stays, whoever wrote it and when.
    Max,
    /// A whole number that only falls: the smaller one stays.
    Min,
    /// A list of which each element is added and removed on its own, see [`crate::set`].
    Set,
    /// Never decided silently: where two values meet, the one that is there stays, and the other asks
    /// for a person's choice.
    Review,
    /// Written by commands alone.
    Decided,
    /// Belongs to the field of this smaller number: it is not taken where that one lost. The later
    /// write stays otherwise, and no choice is asked for it alone.
    Follows(u32),
}

impl Policy {
    /// The value a field takes when somebody who has seen `now` writes `value`. Both are encoded,
    /// CBOR null where there is none.
    pub fn written<'v>(self, now: &'v [u8], value: &'v [u8]) -> Cow<'v, [u8]> {
        match self {
            Self::Max | Self::Min => Cow::Borrowed(self.farther(now, value)),
            Self::Set => SetWrite::parse(value).map_or(Cow::Borrowed(value), |write| write.over(now)),
            Self::LastWriter | Self::Fixed | Self::Review | Self::Decided | Self::Follows(_) => {
                Cow::Borrowed(value)
            }
        }
    }

    /// Of two values the larger, or for [`Policy::Min`] the smaller. What is no number at all is left
    /// to the type's own check.
    fn farther<'v>(self, now: &'v [u8], value: &'v [u8]) -> &'v [u8] {
        match (number(now), number(value)) {
            (Some(a), Some(b)) if self == Self::Max => {
                if b > a {
                    value
                } else {
                    now
                }
            }
            (Some(a), Some(b)) => {
                if b < a {
                    value
                } else {
                    now
                }
            }
            _ if value == NULL => now,
            _ => value,
        }
    }
}

fn number(value: &[u8]) -> Option<i64> {
    minicbor::decode(value).ok()
}

/// The body that a patch makes of another where nobody else wrote: what a device shows of its own
/// edits that wait. `None` is a type of a newer version.
pub fn laid_over(declaration: Option<&Declaration>, body: &Body, patch: &Patch) -> Body {
    let Some(declaration) = declaration else { return body.patched(patch) };
    let now = body.fields();
    let value_of = |field: u32| now.binary_search_by_key(&field, |(n, _)| *n).map_or(NULL, |i| now[i].1);
    let fields = patch.fields().into_iter().map(|(field, value)| {
        (field, declaration.policy_of(field).written(value_of(field), value).into_owned())
    });
    body.patched(&Patch::of_fields(&fields.collect::<Vec<_>>()))
}

/// The patch that turns one body into another, saying of sets what was added and removed.
pub fn patch_between(declaration: &Declaration, old: &Body, new: &Body) -> Patch {
    let changed = old.patch_to(new);
    let fields =
        changed.fields().into_iter().filter_map(|(field, value)| match declaration.policy_of(field) {
            Policy::Set => set::change(old.field(field).unwrap_or(NULL), value).map(|change| (field, change)),
            _ => Some((field, value.to_vec())),
        });
    Patch::of_fields(&fields.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: Option<i64>) -> Vec<u8> {
        minicbor::to_vec(value).unwrap()
    }

    /// | now | written | Max | Min |
    #[test]
    fn a_number_that_only_grows_or_falls() {
        let cases = [
            (Some(5), Some(7), Some(7), Some(5)),
            (Some(7), Some(5), Some(7), Some(5)),
            (Some(-300), Some(20), Some(20), Some(-300)),
            (None, Some(5), Some(5), Some(5)),
            (Some(5), None, Some(5), Some(5)),
            (None, None, None, None),
        ];
        for (now, value, max, min) in cases {
            let (now, value) = (encoded(now), encoded(value));
            assert_eq!(*Policy::Max.written(&now, &value), *encoded(max), "{now:?} {value:?}");
            assert_eq!(*Policy::Min.written(&now, &value), *encoded(min), "{now:?} {value:?}");
        }
    }
}
