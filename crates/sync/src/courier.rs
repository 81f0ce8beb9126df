//! A round carried by hand: a colleague's device, or a stick, takes it where there is a network.
//!
//! A file is a line that says what it is, a header that anybody may read, and the rest sealed. A
//! *question* holds what a device would have posted and its token, sealed to the server. An *answer*
//! holds what the server would have answered, sealed to a key that was drawn for this question alone.
//! Whoever carries them learns for which server they are and how large, and can change nothing. A
//! question may arrive twice, late and by several roads: the server settles a commit once, and an
//! answer that comes late tells what the device knows already.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use records::hex;
use records::wire::{MAX_COMPRESSED, NONCE_BYTES, Nonce, SyncAnswer, SyncRequest};
use thiserror::Error;

use crate::device::{self, Incoming, Outgoing};
use crate::pack;
use crate::round_fault::RoundFault;
use crate::seal::{self, KEY_BYTES, Key, KeyPair};
use crate::signature::{self, Purpose};
use crate::{frame, signature::digest};

/// Ending of the files' names.
pub const ENDING: &str = ".gwcourier";
/// Most bytes of a file, so that it can be posted like any request.
pub const MAX_BYTES: usize = MAX_COMPRESSED - 16;
/// Most rounds in one question. More is asked in the next.
pub const MAX_ROUNDS: usize = 16;

/// The first line of every file. The number is the format's.
const LINE: &[u8; 32] = b"Gridwalk courier file, format 1\n";
/// What of the line every format has.
const NAME: &[u8] = b"Gridwalk courier file, format ";
/// Most bytes of a header.
const MAX_HEADER: usize = 1024;
/// Bytes that name the key of a server.
const KEY_NAME_BYTES: usize = 8;

/// Why a file is not what was hoped for. Nothing changes on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CourierFault {
    /// Something else, or a file of which the beginning is missing.
    #[error("not a courier file")]
    NotCourier,
    /// A later format.
    #[error("a courier file of a newer version")]
    Newer,
    /// It is for another server, or from one.
    #[error("a courier file of another server")]
    OtherServer,
    /// An answer where a question was expected, or the other way round.
    #[error("the other kind of courier file")]
    OtherKind,
    /// It was changed or cut on its way.
    #[error("a damaged courier file")]
    Damaged,
    /// Beyond the limits.
    #[error("a courier file beyond the limits")]
    TooLarge,
}

impl CourierFault {
    /// Stable code, for the sentence a person reads.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotCourier => "courier.not_a_file",
            Self::Newer => "courier.newer",
            Self::OtherServer => "courier.other_server",
            Self::OtherKind => "courier.other_kind",
            Self::Damaged => "courier.damaged",
            Self::TooLarge => "courier.too_large",
        }
    }
}

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Way {
    /// From a device to the server.
    #[n(0)]
    Question,
    /// Back.
    #[n(1)]
    Answer,
}

impl Way {
    fn what_for(self) -> &'static [u8] {
        match self {
            Self::Question => b"gridwalk/courier/question/v1",
            Self::Answer => b"gridwalk/courier/answer/v1",
        }
    }
}

/// What anybody can read of a file: whose server, how much. Nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    /// Which way it goes.
    #[n(0)]
    pub way: Way,
    /// Names the server's sealing key.
    #[n(1)]
    pub key_name: ByteVec,
    /// Where devices reach the server, to show.
    #[n(2)]
    pub server: String,
    /// The question's id. Its answer has the same.
    #[n(3)]
    pub question: ByteVec,
    /// When it was sealed, ms since 1970 UTC by whoever sealed it.
    #[n(4)]
    pub made_ms: i64,
    /// Changes in a question.
    #[n(5)]
    pub commits: u32,
}

impl Header {
    /// The question's id, under which a device keeps what opens the answer.
    pub fn id(&self) -> Option<Nonce> {
        signature::nonce(&self.question)
    }

    /// Whether it is for the server of this sealing key, or from it.
    pub fn is_of(&self, sealing_key: &Key) -> bool {
        *self.key_name == key_name(sealing_key)
    }

    /// A name for the file, the same for the same question.
    pub fn file_name(&self) -> String {
        let id = hex::digits(&self.question[..self.question.len().min(4)]);
        match self.way {
            Way::Question => format!("gridwalk-{id}{ENDING}"),
            Way::Answer => format!("gridwalk-{id}-answer{ENDING}"),
        }
    }
}

/// What only the server reads of a question.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Letter {
    /// The device's token.
    #[n(0)]
    pub token: ByteVec,
    /// The answer is sealed to this.
    #[n(1)]
    answer_key: ByteVec,
    /// Rounds, in their order.
    #[n(2)]
    requests: Vec<Packed>,
    /// The header's question id once more; the server signs over it.
    #[n(3)]
    nonce: ByteVec,
}

/// A frame as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Packed {
    #[n(0)]
    encoding: Option<String>,
    #[n(1)]
    bytes: ByteVec,
}

/// What only the device reads of an answer: as it would have come over the network.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Reply {
    #[n(0)]
    status: u16,
    #[n(1)]
    signature: Option<String>,
    #[n(2)]
    body: Packed,
}

/// What a device puts into a question.
pub struct Question<'a> {
    /// Its id; every request has it as its nonce.
    pub id: &'a Nonce,
    /// Address of the server.
    pub server: &'a str,
    /// The server's sealing key.
    pub sealing_key: &'a Key,
    /// The device's token.
    pub token: &'a [u8],
    /// Rounds, in their order. Only the last is answered with changes.
    pub requests: &'a [SyncRequest],
    /// Now, by the device's clock, ms since 1970 UTC.
    pub made_ms: i64,
}

/// A file and what opens its answer.
pub struct Sealed {
    /// What of it anybody can read.
    pub header: Header,
    /// The file.
    pub file: Vec<u8>,
    /// Opens the answer; stays on the device.
    pub secret: Key,
}

/// What anybody can read of a file.
///
/// # Errors
/// [`CourierFault::NotCourier`], [`CourierFault::Newer`], [`CourierFault::TooLarge`].
pub fn header(file: &[u8]) -> Result<Header, CourierFault> {
    Ok(Parts::of(file)?.header)
}

/// Seals a question.
///
/// # Errors
/// [`CourierFault::TooLarge`]; [`CourierFault::OtherServer`] when the sealing key is none.
pub fn ask(question: &Question<'_>, random: &mut dyn FnMut(&mut [u8])) -> Result<Sealed, CourierFault> {
    let mut drawn: Key = [0; KEY_BYTES];
    random(&mut drawn);
    let answer = KeyPair::of(&drawn);
    let letter = Letter {
        token: question.token.to_vec().into(),
        answer_key: answer.public.to_vec().into(),
        requests: question.requests.iter().map(|request| Packed::of(device::encoded(request))).collect(),
        nonce: question.id.to_vec().into(),
    };
    let commits: usize = question.requests.iter().map(|request| request.commits.len()).sum();
    let header = Header {
        way: Way::Question,
        key_name: key_name(question.sealing_key).to_vec().into(),
        server: question.server.to_owned(),
        question: question.id.to_vec().into(),
        made_ms: question.made_ms,
        commits: u32::try_from(commits).unwrap_or(u32::MAX),
    };
    let file = sealed(&header, question.sealing_key, &device::encoded(&letter), random)?;
    Ok(Sealed { header, file, secret: answer.secret })
}

/// Opens a question with the server's key.
///
/// # Errors
/// [`CourierFault`], each for what it says.
pub fn read_question(file: &[u8], keys: &KeyPair) -> Result<(Header, Letter), CourierFault> {
    let parts = Parts::of(file)?;
    if parts.header.way != Way::Question {
        return Err(CourierFault::OtherKind);
    }
    if !parts.header.is_of(&keys.public) {
        return Err(CourierFault::OtherServer);
    }
    let letter: Letter = parts.opened(&keys.secret)?;
    match letter.nonce == parts.header.question && letter.requests.len() <= MAX_ROUNDS {
        true => Ok((parts.header, letter)),
        false => Err(CourierFault::Damaged),
    }
}

impl Letter {
    /// How many rounds it holds.
    pub fn rounds(&self) -> usize {
        self.requests.len()
    }

    /// The request of one round. It is inflated here, so that no two are in memory at once.
    ///
    /// # Errors
    /// [`CourierFault::TooLarge`] beyond the caps, [`CourierFault::Damaged`] for what is no request.
    pub fn request(&self, round: usize) -> Result<SyncRequest, CourierFault> {
        let packed = self.requests.get(round).ok_or(CourierFault::Damaged)?;
        let body = pack::unpack(&packed.bytes, packed.encoding.as_deref()).map_err(|fault| match fault {
            fault if fault.is_size() => CourierFault::TooLarge,
            _ => CourierFault::Damaged,
        })?;
        frame::read(&body).map_err(|_| CourierFault::Damaged)
    }
}

/// What the server says to a letter.
pub enum Say<'a> {
    /// The answer to its rounds.
    Answer(&'a SyncAnswer),
    /// An HTTP status and an encoded [`records::wire::ErrorAnswer`].
    Refusal(u16, Vec<u8>),
}

/// Seals what the server says.
///
/// # Errors
/// [`CourierFault::Damaged`] when the letter names no key to answer to.
pub fn answer(
    (header, letter): (&Header, &Letter),
    say: Say<'_>,
    signing_secret: &[u8; 32],
    now_ms: i64,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<u8>, CourierFault> {
    let (Some(id), Ok(to)) = (header.id(), Key::try_from(letter.answer_key.as_slice())) else {
        return Err(CourierFault::Damaged);
    };
    let reply = match say {
        Say::Refusal(status, body) => {
            Reply { status, signature: None, body: Packed { encoding: None, bytes: body.into() } }
        }
        Say::Answer(answer) => {
            let body = device::encoded(answer);
            let signature = signature::sign(signing_secret, Purpose::Courier, &id, &body);
            Reply { status: 200, signature: Some(signature), body: Packed::of(body) }
        }
    };
    let header = Header { way: Way::Answer, made_ms: now_ms, ..header.clone() };
    sealed(&header, &to, &device::encoded(&reply), random)
}

/// Opens an answer with the secret of its question.
///
/// # Errors
/// [`CourierFault`], each for what it says.
pub fn read_answer(file: &[u8], secret: &Key) -> Result<Incoming, CourierFault> {
    let parts = Parts::of(file)?;
    if parts.header.way != Way::Answer {
        return Err(CourierFault::OtherKind);
    }
    let reply: Reply = parts.opened(secret)?;
    Ok(Incoming {
        status: reply.status,
        content_type: Some(device::CONTENT_TYPE.to_owned()),
        content_encoding: reply.body.encoding,
        signature: reply.signature,
        body: reply.body.bytes.into(),
    })
}

/// Believes of an opened answer what the server signed.
///
/// # Errors
/// As [`device::read_sync_answer`].
pub fn believe(incoming: &Incoming, id: &Nonce, server_key: &[u8; 32]) -> Result<SyncAnswer, RoundFault> {
    device::read_answer_for(Purpose::Courier, incoming, id, server_key)
}

/// The request by which a question is posted for somebody else. It goes without a token: whoever
/// carries it need be nobody to the server.
pub fn post(file: &[u8]) -> Outgoing {
    let body = device::encoded(&ByteVec::from(file.to_vec()));
    device::outgoing("/courier", pack::Packed { encoding: None, bytes: body }, None)
}

/// The answer to [`post`]: a file to carry back.
///
/// # Errors
/// [`RoundFault`] with the server's code when it could not open the question, or somebody else answered.
pub fn posted(incoming: &Incoming) -> Result<Vec<u8>, RoundFault> {
    let body = device::body_of(incoming, device::refused)?;
    Ok(frame::read::<ByteVec>(&body)?.into())
}

fn key_name(key: &Key) -> [u8; KEY_NAME_BYTES] {
    let mut name = [0; KEY_NAME_BYTES];
    name.copy_from_slice(&digest(key)[..KEY_NAME_BYTES]);
    name
}

impl Packed {
    fn of(body: Vec<u8>) -> Self {
        let packed = pack::pack(body, pack::ACCEPTED);
        Self { encoding: packed.encoding.map(str::to_owned), bytes: packed.bytes.into() }
    }
}

fn sealed(
    header: &Header,
    to: &Key,
    inside: &[u8],
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<u8>, CourierFault> {
    let encoded = device::encoded(header);
    let length = u16::try_from(encoded.len()).map_err(|_| CourierFault::TooLarge)?;
    let mut file = [&LINE[..], &length.to_be_bytes(), &encoded].concat();
    let sealed = seal::seal(to, header.way.what_for(), &file, inside, random);
    file.extend_from_slice(&sealed.ok_or(CourierFault::OtherServer)?);
    match encoded.len() <= MAX_HEADER && file.len() <= MAX_BYTES {
        true => Ok(file),
        false => Err(CourierFault::TooLarge),
    }
}

/// A file in its parts.
struct Parts<'f> {
    header: Header,
    /// Line and header, protected with what is sealed.
    open: &'f [u8],
    sealed: &'f [u8],
}

impl<'f> Parts<'f> {
    fn of(file: &'f [u8]) -> Result<Self, CourierFault> {
        if file.len() > MAX_BYTES {
            return Err(CourierFault::TooLarge);
        }
        let Some(rest) = file.strip_prefix(LINE) else {
            let is_newer = file.starts_with(NAME);
            return Err(if is_newer { CourierFault::Newer } else { CourierFault::NotCourier });
        };
        let (length, rest) = rest.split_first_chunk().ok_or(CourierFault::NotCourier)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (header, sealed) = rest.split_at_checked(length).ok_or(CourierFault::NotCourier)?;
        let open = &file[..file.len() - sealed.len()];
        let header = frame::read::<Header>(header).ok();
        let is_header = |header: &Header| length <= MAX_HEADER && header.question.len() == NONCE_BYTES;
        let header = header.filter(is_header).ok_or(CourierFault::NotCourier)?;
        Ok(Self { header, open, sealed })
    }

    fn opened<T: for<'b> Decode<'b, ()>>(&self, secret: &Key) -> Result<T, CourierFault> {
        let inside = seal::open(secret, self.header.way.what_for(), self.open, self.sealed);
        frame::read(&inside.ok_or(CourierFault::Damaged)?).map_err(|_| CourierFault::Damaged)
    }
}
