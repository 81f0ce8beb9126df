//! Commits, and the bodies and patches in them.

use records::wire::{Change, Commit};
use records::{Body, Patch};
use sync::frame;
use sync::settle::Loaded;

pub(crate) fn holds(bytes: &[u8]) {
    if let Ok(commit) = frame::read::<Commit>(bytes) {
        let again = minicbor::to_vec(&commit).unwrap();
        assert_eq!(frame::read::<Commit>(&again).unwrap(), commit);
        assert!(Loaded::wanted(&commit).len() <= 2 * commit.ops.len());
        for op in &commit.ops {
            if let (Change::Create { body, .. }, Some(declaration)) =
                (&op.change, records::declaration(op.kind))
            {
                let _ = (declaration.check)(body);
            }
        }
    }
    let half = bytes.len() / 2;
    if let (Ok(body), Ok(patch)) = (Body::parse(bytes[..half].to_vec()), Patch::parse(bytes[half..].to_vec()))
    {
        let patched = body.patched(&patch);
        assert_eq!(Body::parse(patched.as_bytes().to_vec()).unwrap(), patched);
        assert_eq!(patched.patched(&patch), patched, "a patch laid over twice is laid over once");
        assert_eq!(body.patched(&body.patch_to(&patched)), patched);
    }
}
