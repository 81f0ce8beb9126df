//! Where a server is, and by which authority its certificate is known.

use records::hex;

/// SHA-256 of the public key (SPKI, DER) of the authority that signs a server's certificate.
pub type Pin = [u8; 32];

/// Between the address and its pin. What follows `#` never goes over the wire.
const MARK: &str = "#ca=";

/// Where devices reach a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// `http(s)://host[:port]`, without a slash at the end.
    pub url: String,
    /// The one authority that may sign the server's certificate; without it whoever the system trusts may.
    pub pin: Option<Pin>,
}

impl ServerAddress {
    /// Parts an address as a keeper writes it, `https://host[:port][#ca=<64 hexadecimal digits>]`; `None` where a pin
    /// stands there that is none. The rest is not looked at.
    pub fn parted(text: &str) -> Option<Self> {
        match text.trim().split_once(MARK) {
            None => Some(Self { url: text.to_owned(), pin: None }),
            Some((url, pin)) => Some(Self { url: url.to_owned(), pin: Some(read_pin(pin)?) }),
        }
    }

    /// As [`ServerAddress::parted`] reads it.
    pub fn text(&self) -> String {
        match &self.pin {
            None => self.url.clone(),
            Some(pin) => format!("{}{MARK}{}", self.url, hex::digits(pin)),
        }
    }
}

/// A pin from its 64 hexadecimal digits.
pub fn read_pin(digits: &str) -> Option<Pin> {
    hex::bytes(digits)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_parted_as_it_is_written() {
        for pin in [None, Some([0xa7; 32])] {
            let address = ServerAddress { url: "https://grid.example:8443".to_owned(), pin };
            assert_eq!(ServerAddress::parted(&address.text()), Some(address));
        }
        for wrong in ["", "a7", "zz", &"a7".repeat(31), &"a7".repeat(33), &"a7 ".repeat(32)] {
            assert_eq!(ServerAddress::parted(&format!("https://grid.example#ca={wrong}")), None, "{wrong}");
        }
    }
}
