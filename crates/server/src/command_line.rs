//! What can be asked for on the command line.

mod certificate;
mod passphrase;

use std::error::Error;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::Parser;
use lexopt::prelude::*;
use records::codes::Role;
use records::rules::retention::{Periods, RULES};
use records::scope::DepartmentCode;
use records::{AreaPath, Audience, DeviceId, RecordId};
use server::backup::Passphrase;
use server::database::Place;
use server::database::audit::Link;
use server::demo::Size;
use server::files::Location;
use server::host::Host;
use server::invite::{Guest, USUAL_MINUTES};
use server::posts::NewPost;
use server::quarantine;
use server::tls::Certificate;
use thiserror::Error;

use crate::settings::Settings;

/// What `--help` prints.
pub const HELP: &str = "\
The Gridwalk server.

  gridwalk-server init WHERE --county CODE --county-name NAME --host-unit UNIT --filing NUMBER
                       --administrator NAME --url URL [--minutes N] [--insecure-http] [--tls]
      begins a server on which nothing is yet: names the unit that is answerable for it (主办单位) and
      the number it is filed under (备案号), which the app shows, and prints an invitation for its
      administrator, who holds no business data; there is no other account
  gridwalk-server run WHERE [--listen ADDR] [--url URL] [--insecure-http] [--metrics ADDR]
                      [--attachments DIR|s3://BUCKET/PREFIX] [--pages DIR] [--config FILE] [--token-days N]
                      [--tls [--tls-name NAME]… [--tls-folder DIR]] [--tls-certificate FILE --tls-key FILE]
                      [--demo [--size community|city] [--seed N]]
      serves until SIGTERM or Ctrl-C; says `listening on http://ADDR` (https with TLS) when it is
      ready
      --url     how devices reach it, for invitations (by default http://ADDR on this machine)
      --insecure-http
                for a trial among friends: invitations may name an http:// address of another machine,
                and everybody on the way can read what is sent
      --attachments
                where photos lie: a folder, or a bucket of an S3-compatible store, whose region, endpoint
                and credentials stand in the usual variables AWS_…; without it the variable
                GRIDWALK_ATTACHMENTS names one (by default a folder beside the SQLite file; with
                PostgreSQL there is none by default, and photos wait on the devices)
      --tls     serves by TLS alone, with a certificate of an authority that the server makes for itself at its
                first start; invitations carry the hash of the authority's key, and devices trust no other.
                The folder (by default `tls` in the data folder) is to be kept like the database: without it no
                device knows the server any more. init wants --tls as well
      --tls-name
                a name or address of the certificate, beside the host of --url, or else of --listen
      --tls-certificate, --tls-key
                a certificate that somebody else signed, with those above it, and its key (PEM); devices trust it
                if their systems do, or if --url names the key of its authority: https://HOST#ca=SHA256
      --pages   the app for browsers, as `cargo xtask ui` leaves it in ui/web (by default the one inside
                this program)
      --metrics where the keeper reads counts, for Prometheus, at /metrics; counts alone, never who, but
                for the keeper alone: an address on this machine (by default nowhere)
      --token-days
                so old a device's token gets before the device is told another one (by default 30)
      --keep-visits, --keep-people, --keep-photos, --keep-proof, --keep-audit
                months after which what the names say may go; the log says daily how much is due; see sweep
      --demo    fills an empty database with the sample and prints invitations
  gridwalk-server invite WHERE --name NAME --role ROLE --area PATH [--minutes N] [--url URL]
                         [--insecure-http]
      prints an invitation for one device, in a terminal as a QR code as well; also while the server runs
      roles: grid-worker, member, community-staff, community-lead, street, department, unit-liaison,
             village-liaison, spot-checker, county, administrator, contractor
      --of      the department of a department, the unit (id) of a unit-liaison or contractor
  gridwalk-server assign WHERE --name NAME --role ROLE --area PATH --to PATH [--to-role ROLE] [--of OF]
      gives somebody another post: what goes with the old one is taken from their devices
  gridwalk-server dismiss WHERE --name NAME --role ROLE --area PATH
      takes from somebody's devices everything they hold
  gridwalk-server devices WHERE
      devices with what they purged, one JSON object a line
  gridwalk-server lock-out DEVICE WHERE
      shuts a lost device out and takes from it everything it holds
  gridwalk-server move RECORD WHERE --to PATH
      moves a household, or a house, to another grid with everything that belongs to it
  gridwalk-server quarantine list|accept ID|reject ID WHERE
      commits that came after their author might make them
  gridwalk-server audit list WHERE
      what concerns trust, one JSON object a line: who was let in, turned away, moved, shut out
  gridwalk-server audit verify WHERE [--noted NUMBER:HASH]
      follows the audit from its beginning, says where it breaks, and prints its end; an end that was noted
      elsewhere shows also an audit that was written anew
  gridwalk-server sweep WHERE [--dry-run] [--keep-visits N]… [--attachments …]
      lets go of what is due, after a look at the clock: visits lose names and words (36 months after), people
      go (24 after they left), photos (12 after their matter was closed), records of handling and requests (36,
      not less), the beginning of the audit (36, at least 6); prints how much by which rule, one JSON object;
      --dry-run only looks. The months are settings, for the running server the same
  gridwalk-server import items FILE WHERE --county CODE
      brings an item list (CSV, xlsx) into the county's
  gridwalk-server courier QUESTION ANSWER WHERE
      settles what somebody brought in a .gwcourier file, and writes the file that goes back;
      also while the server runs
  gridwalk-server backup FILE WHERE [--seal [--passphrase-file FILE]]
      writes everything in the database into one new file (.gwbackup), also while the server runs; photos are
      not in it: their folder or bucket is backed up by itself, after this. The file holds the server's key
      and people's data, readable by whoever has it, unless it is sealed. Prints what verify prints
      --seal    closes it with the passphrase of at least 16 characters that stands in the file named by
                --passphrase-file, or in the variable GRIDWALK_PASSPHRASE; restore and verify want the same.
                Without it nobody opens the file again, not its keeper either
  gridwalk-server restore FILE WHERE [--passphrase-file FILE]
      makes a database of a backup, where there is none yet; a backup of SQLite can go to PostgreSQL and the
      other way. What devices still have and the backup has not, they send again
  gridwalk-server verify FILE [--passphrase-file FILE]
      reads a backup to its end, and needs no database; prints one JSON object: schema, when it was made,
      rows of each table, and the end of the audit in it
  gridwalk-server count WHERE
      records by scope and kind, one JSON object a line

  Every setting of run, and WHERE, can stand in a TOML file that --config or GRIDWALK_CONFIG names
  (data = '/var/lib/gridwalk'), and in a variable (GRIDWALK_LISTEN for --listen). What the command line
  says counts before a variable, and that before the file.

  WHERE is --data DIR, a folder with a SQLite file, or --database postgres://USER@HOST/NAME; without
  either, the variable GRIDWALK_DATABASE names one, so that no password is seen among the processes.
  A database on another machine is reached by TLS: postgres://…?sslmode=require; whom to trust is the
  system's word, or the file's that SSL_CERT_FILE names
";

/// The folder of attachments inside a data folder.
const ATTACHMENTS: &str = "attachments";
/// Where it listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:7420";
/// The two ways to say where the data is.
const PLACES: [&str; 2] = ["data", "database"];

/// What is to be done.
pub enum Command {
    /// Print the help.
    Help,
    /// Print the version.
    Version,
    /// Begin.
    Init(InitOptions),
    /// Serve.
    Run(RunOptions),
    /// Make an invitation.
    Invite(InviteOptions),
    /// Import items.
    ImportItems(ImportOptions),
    /// Answer a carried file.
    Courier(CourierOptions),
    /// Something about a person, a device, or what they sent.
    Manage {
        /// The database.
        place: Place,
        /// What.
        deed: Deed,
    },
    /// Look at the audit.
    Audit {
        /// Where the data is.
        place: Place,
        /// How.
        look: Look,
    },
    /// Let go of what may not be kept any longer.
    Sweep(SweepOptions),
    /// Write a backup.
    BackUp {
        /// The new file.
        file: PathBuf,
        /// Where the data is.
        place: Place,
        /// What it is sealed with.
        passphrase: Option<Passphrase>,
    },
    /// Make a database of a backup.
    Restore {
        /// The backup.
        file: PathBuf,
        /// Where the data is to be.
        place: Place,
        /// What it may be sealed with.
        passphrase: Option<Passphrase>,
    },
    /// Read a backup to its end.
    Verify {
        /// The backup.
        file: PathBuf,
        /// What it may be sealed with.
        passphrase: Option<Passphrase>,
    },
    /// Count records.
    Count {
        /// Where the data is.
        place: Place,
    },
}

/// How the audit is looked at.
pub enum Look {
    /// Every entry.
    List,
    /// Whether it is whole, and still goes through an end that was noted.
    Verify(Option<Link>),
}

/// What the keeper does about persons, devices and what they sent.
pub enum Deed {
    /// Give somebody another post.
    Assign(Person, NewPost),
    /// Take everything from somebody.
    Dismiss(Person),
    /// List the devices.
    Devices,
    /// Shut a device out.
    LockOut(DeviceId),
    /// Move a record with what belongs to it to another area.
    Move(RecordId, AreaPath),
    /// List what is in quarantine.
    Quarantine,
    /// Take a commit in quarantine.
    Accept(quarantine::Id),
    /// Turn a commit in quarantine down.
    Reject(quarantine::Id),
}

/// Somebody with an account.
pub struct Person {
    /// Shown name.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// Where.
    pub area: AreaPath,
}

/// How to serve.
pub struct RunOptions {
    /// Where the data is.
    pub place: Place,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How devices reach it.
    pub url: Option<String>,
    /// Plain HTTP to other machines is wanted.
    pub insecure_http: bool,
    /// Where attachments lie; `None` takes none.
    pub attachments: Option<Location>,
    /// Where counts are read.
    pub metrics: Option<SocketAddr>,
    /// So many days a token counts before its device is told the next one, unless it is the usual number.
    pub token_days: Option<u16>,
    /// Where the app for browsers lies, unless it is the server's own.
    pub pages: Option<PathBuf>,
    /// The sample to begin with: its size and seed.
    pub demo: Option<(Size, u64)>,
    /// The certificate, where TLS is served here.
    pub tls: Option<Certificate>,
    /// How long each is kept.
    pub periods: Periods,
}

/// What to let go of.
pub struct SweepOptions {
    /// Where the data is.
    pub place: Place,
    /// Where attachments lie, if anywhere.
    pub attachments: Option<Location>,
    /// How long each is kept.
    pub periods: Periods,
    /// Only look.
    pub is_dry: bool,
}

/// How to begin.
pub struct InitOptions {
    /// Where the data is to be.
    pub place: Place,
    /// Who is answerable.
    pub host: Host,
    /// How devices reach the server.
    pub url: String,
    /// Plain HTTP to other machines is wanted.
    pub insecure_http: bool,
    /// How long the administrator's code counts.
    pub minutes: u32,
    /// The certificate, where TLS will be served here.
    pub tls: Option<Certificate>,
}

/// Whom to invite.
pub struct InviteOptions {
    /// Where the data is.
    pub place: Place,
    /// The person.
    pub guest: Guest,
    /// How long the code counts.
    pub minutes: u32,
    /// How devices reach the server.
    pub url: Option<String>,
    /// Plain HTTP to other machines is wanted.
    pub insecure_http: bool,
}

/// What to import.
pub struct ImportOptions {
    /// Where the data is.
    pub place: Place,
    /// The file.
    pub file: PathBuf,
    /// Whose list it is.
    pub county: AreaPath,
}

/// Which file to answer.
pub struct CourierOptions {
    /// Where the data is.
    pub place: Place,
    /// The file that came.
    pub question: PathBuf,
    /// Where the answer is written.
    pub answer: PathBuf,
}

/// Something on the command line is missing or wrong.
#[derive(Debug, Error)]
enum Mistake {
    #[error("{0} is missing; see gridwalk-server --help")]
    Missing(&'static str),
    #[error("{0:?} is not a command; see gridwalk-server --help")]
    NoCommand(String),
    #[error("{0:?} is not a role; see gridwalk-server --help")]
    NoRole(String),
    #[error("--data or --database, not both")]
    TwoPlaces,
    #[error("--tls-certificate and --tls-key, both or none, and without --tls")]
    HalfACertificate,
    #[error("{0:?} is not a size: community or city")]
    NoSize(String),
    #[error("{0:?} is not an id")]
    NoId(String),
}

/// Reads the command line.
pub fn parse() -> Result<Command, Box<dyn Error>> {
    let mut parser = Parser::from_env();
    match parser.next()? {
        None | Some(Long("help") | Short('h')) => Ok(Command::Help),
        Some(Long("version") | Short('V')) => Ok(Command::Version),
        Some(Value(name)) => parse_command(&name.string()?, &mut parser),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn parse_command(name: &str, parser: &mut Parser) -> Result<Command, Box<dyn Error>> {
    let mut given = Given::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("demo") => given.demo = true,
            Long("insecure-http") => given.insecure_http = true,
            Long("tls") => given.tls = true,
            Long("seal") => given.seal = true,
            Long("dry-run") => given.dry_run = true,
            Long(option) => {
                let option = option.to_owned();
                given.options.push((option, parser.value()?));
            }
            Value(value) => given.values.push(value),
            other => return Err(other.unexpected().into()),
        }
    }
    given.settings = Settings::read(given.option("config"), std::env::vars_os())?;
    let command = given.command(name)?;
    given.nothing_left()?;
    Ok(command)
}

/// Options and values as they came; each is taken once.
#[derive(Default)]
struct Given {
    demo: bool,
    insecure_http: bool,
    tls: bool,
    seal: bool,
    dry_run: bool,
    options: Vec<(String, OsString)>,
    values: Vec<OsString>,
    settings: Settings,
}

impl Given {
    fn command(&mut self, name: &str) -> Result<Command, Box<dyn Error>> {
        match name {
            "init" => self.init().map(Command::Init),
            "run" => self.run().map(Command::Run),
            "invite" => self.invite().map(Command::Invite),
            "import" => self.import().map(Command::ImportItems),
            "courier" => self.courier().map(Command::Courier),
            "audit" => Ok(Command::Audit { look: self.look()?, place: self.place()? }),
            "sweep" => self.sweep().map(Command::Sweep),
            "backup" => {
                let passphrase = self.seal()?;
                Ok(Command::BackUp { file: self.file()?, place: self.place()?, passphrase })
            }
            "restore" => {
                let passphrase = self.passphrase()?;
                Ok(Command::Restore { file: self.file()?, place: self.place()?, passphrase })
            }
            "verify" => Ok(Command::Verify { passphrase: self.passphrase()?, file: self.file()? }),
            "count" => Ok(Command::Count { place: self.place()? }),
            "assign" | "dismiss" | "devices" | "lock-out" | "move" | "quarantine" => {
                Ok(Command::Manage { deed: self.deed(name)?, place: self.place()? })
            }
            other => Err(Mistake::NoCommand(other.to_owned()).into()),
        }
    }

    fn run(&mut self) -> Result<RunOptions, Box<dyn Error>> {
        let listen = self.parsed("listen")?.map_or_else(|| LISTEN.parse(), Ok)?;
        let demo = if std::mem::take(&mut self.demo) {
            Some((self.size()?, self.parsed("seed")?.unwrap_or(1)))
        } else {
            None
        };
        let (url, insecure_http) = (self.parsed("url")?, self.insecure_http());
        let place = self.place()?;
        let (attachments, periods) = (self.attachments(&place)?, self.periods()?);
        let pages = self.take("pages").map(PathBuf::from);
        let metrics = self.parsed("metrics")?;
        let tls = self.certificate(&place, url.as_deref(), Some(listen))?;
        let token_days = self.parsed("token-days")?;
        Ok(RunOptions {
            place,
            listen,
            url,
            insecure_http,
            attachments,
            metrics,
            pages,
            demo,
            tls,
            token_days,
            periods,
        })
    }

    fn sweep(&mut self) -> Result<SweepOptions, Box<dyn Error>> {
        let place = self.place()?;
        let (attachments, periods) = (self.attachments(&place)?, self.periods()?);
        Ok(SweepOptions { place, attachments, periods, is_dry: std::mem::take(&mut self.dry_run) })
    }

    fn attachments(&mut self, place: &Place) -> Result<Option<Location>, Box<dyn Error>> {
        let given = self.take("attachments").map(Location::named).transpose()?;
        Ok(match (given, place) {
            (None, Place::Folder(folder)) => Some(Location::Folder(folder.join(ATTACHMENTS))),
            (given, _) => given,
        })
    }

    /// Never shorter than the law allows.
    fn periods(&mut self) -> Result<Periods, Box<dyn Error>> {
        let mut periods = Periods::default();
        for rule in RULES {
            if let Some(months) = self.parsed(&format!("keep-{}", rule.name))? {
                periods = periods.keeping(rule, months)?;
            }
        }
        Ok(periods)
    }

    fn init(&mut self) -> Result<InitOptions, Box<dyn Error>> {
        let host = Host {
            county: self.required("county")?,
            county_name: self.required("county-name")?,
            unit: self.required("host-unit")?,
            filing: self.required("filing")?,
            administrator: self.required("administrator")?,
        };
        let minutes = self.parsed("minutes")?.unwrap_or(USUAL_MINUTES);
        let (url, insecure_http): (String, bool) = (self.required("url")?, self.insecure_http());
        let place = self.place()?;
        let tls = self.certificate(&place, Some(&url), None)?;
        Ok(InitOptions { place, host, url, insecure_http, minutes, tls })
    }

    fn invite(&mut self) -> Result<InviteOptions, Box<dyn Error>> {
        let name = self.required("name")?;
        let role: String = self.required("role")?;
        let role = named_role(&role)?;
        let guest = Guest { name, role, area: self.required("area")?, own: self.own(role)? };
        let minutes = self.parsed("minutes")?.unwrap_or(USUAL_MINUTES);
        let (url, insecure_http) = (self.parsed("url")?, self.insecure_http());
        Ok(InviteOptions { place: self.place()?, guest, minutes, url, insecure_http })
    }

    fn deed(&mut self, name: &str) -> Result<Deed, Box<dyn Error>> {
        match name {
            "assign" => self.assign(),
            "dismiss" => self.person().map(Deed::Dismiss),
            "devices" => Ok(Deed::Devices),
            "lock-out" => Ok(Deed::LockOut(self.value("DEVICE")?.parse()?)),
            "move" => Ok(Deed::Move(self.value("RECORD")?.parse()?, self.required("to")?)),
            _ => match self.value("list, accept or reject")?.as_str() {
                "list" => Ok(Deed::Quarantine),
                "accept" => Ok(Deed::Accept(self.id()?)),
                "reject" => Ok(Deed::Reject(self.id()?)),
                other => Err(Mistake::NoCommand(other.to_owned()).into()),
            },
        }
    }

    fn look(&mut self) -> Result<Look, Box<dyn Error>> {
        match self.value("list or verify")?.as_str() {
            "list" => Ok(Look::List),
            "verify" => Ok(Look::Verify(self.parsed("noted")?)),
            other => Err(Mistake::NoCommand(other.to_owned()).into()),
        }
    }

    fn assign(&mut self) -> Result<Deed, Box<dyn Error>> {
        let person = self.person()?;
        let role = self.parsed::<String>("to-role")?.map_or(Ok(person.role), |name| named_role(&name))?;
        let post = NewPost { role, area: self.required("to")?, own: self.own(role)? };
        Ok(Deed::Assign(person, post))
    }

    fn person(&mut self) -> Result<Person, Box<dyn Error>> {
        let (name, role) = (self.required("name")?, self.required::<String>("role")?);
        Ok(Person { name, role: named_role(&role)?, area: self.required("area")? })
    }

    /// A department is told by its name, a unit by its id.
    fn own(&mut self, role: Role) -> Result<Option<Audience>, Box<dyn Error>> {
        let Some(of) = self.parsed::<String>("of")? else { return Ok(None) };
        Ok(Some(match role {
            Role::Department => Audience::Department(DepartmentCode::of(&of)),
            _ => Audience::Unit(of.parse()?),
        }))
    }

    fn id(&mut self) -> Result<quarantine::Id, Box<dyn Error>> {
        let text = self.value("ID")?;
        let id: RecordId = text.parse().map_err(|_| Mistake::NoId(text))?;
        Ok(*id.as_bytes())
    }

    fn file(&mut self) -> Result<PathBuf, Box<dyn Error>> {
        match self.values.is_empty() {
            true => Err(Mistake::Missing("FILE").into()),
            false => Ok(self.values.remove(0).into()),
        }
    }

    fn value(&mut self, name: &'static str) -> Result<String, Box<dyn Error>> {
        match self.values.is_empty() {
            true => Err(Mistake::Missing(name).into()),
            false => Ok(self.values.remove(0).string()?),
        }
    }

    fn import(&mut self) -> Result<ImportOptions, Box<dyn Error>> {
        let mut values = std::mem::take(&mut self.values).into_iter();
        match (values.next(), values.next(), values.next()) {
            (Some(what), Some(file), None) if what == "items" => Ok(ImportOptions {
                place: self.place()?,
                file: file.into(),
                county: self.required("county")?,
            }),
            _ => Err(Mistake::Missing("items FILE").into()),
        }
    }

    fn courier(&mut self) -> Result<CourierOptions, Box<dyn Error>> {
        let mut values = std::mem::take(&mut self.values).into_iter();
        match (values.next(), values.next(), values.next()) {
            (Some(question), Some(answer), None) => {
                Ok(CourierOptions { place: self.place()?, question: question.into(), answer: answer.into() })
            }
            _ => Err(Mistake::Missing("QUESTION ANSWER").into()),
        }
    }

    fn size(&mut self) -> Result<Size, Box<dyn Error>> {
        match self.parsed::<String>("size")?.as_deref() {
            None | Some("community") => Ok(Size::Community),
            Some("city") => Ok(Size::City),
            Some(other) => Err(Mistake::NoSize(other.to_owned()).into()),
        }
    }

    fn place(&mut self) -> Result<Place, Box<dyn Error>> {
        let given = PLACES.map(|name| self.option(name));
        let is_given = given.iter().any(Option::is_some);
        match if is_given { given } else { self.settings.either(PLACES) } {
            [Some(folder), None] => Ok(Place::Folder(folder.into())),
            [None, Some(address)] => Ok(address.string()?.parse()?),
            [None, None] => Err(Mistake::Missing("--data DIR or --database postgres://…").into()),
            [Some(_), Some(_)] => Err(Mistake::TwoPlaces.into()),
        }
    }

    fn required<T: FromStr<Err: Error + 'static>>(
        &mut self,
        name: &'static str,
    ) -> Result<T, Box<dyn Error>> {
        self.parsed(name)?.ok_or_else(|| Mistake::Missing(name).into())
    }

    fn parsed<T: FromStr<Err: Error + 'static>>(&mut self, name: &str) -> Result<Option<T>, Box<dyn Error>> {
        self.take(name).map(|value| Ok(value.string()?.parse()?)).transpose()
    }

    /// What the command line says of an option, or a setting.
    fn take(&mut self, name: &str) -> Option<OsString> {
        self.option(name).or_else(|| self.settings.get(name))
    }

    /// Whether plain HTTP to other machines is wanted.
    fn insecure_http(&mut self) -> bool {
        std::mem::take(&mut self.insecure_http)
            || self.settings.get("insecure-http").is_some_and(|so| so == "true")
    }

    fn option(&mut self, name: &str) -> Option<OsString> {
        let place = self.options.iter().position(|(option, _)| option == name)?;
        Some(self.options.remove(place).1)
    }

    fn nothing_left(self) -> Result<(), lexopt::Error> {
        let option = self
            .options
            .into_iter()
            .next()
            .map(|(name, _)| lexopt::Error::UnexpectedOption(format!("--{name}")));
        let value = self.values.into_iter().next().map(lexopt::Error::UnexpectedArgument);
        let flags = [
            ("--demo", self.demo),
            ("--insecure-http", self.insecure_http),
            ("--tls", self.tls),
            ("--seal", self.seal),
            ("--dry-run", self.dry_run),
        ];
        let flags = flags.into_iter();
        let flag = flags.filter(|(_, given)| *given).map(|(name, _)| name.to_owned()).next();
        option.or(value).or(flag.map(lexopt::Error::UnexpectedOption)).map_or(Ok(()), Err)
    }
}

fn named_role(name: &str) -> Result<Role, Mistake> {
    role_of(name).ok_or_else(|| Mistake::NoRole(name.to_owned()))
}

/// A role by its name on the command line: `grid-worker`.
fn role_of(name: &str) -> Option<Role> {
    let matches = |role: &&Role| kebab(&format!("{role:?}")) == name;
    Role::ALL.iter().find(matches).copied()
}

fn kebab(camel: &str) -> String {
    let hyphened = camel.chars().enumerate().flat_map(|(place, c)| {
        let hyphen = (place > 0 && c.is_uppercase()).then_some('-');
        hyphen.into_iter().chain(c.to_lowercase())
    });
    hyphened.collect()
}
