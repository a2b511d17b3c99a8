//! The command line: two words, so no parser of somebody else's.

/// What `--help` says.
pub const USAGE: &str = "\
fob-loopback: HTTP on the loopback for programs that were paired with fobd.

Usage: fob-loopback [--port PORT]

Under systemd it takes its sockets from fob-loopback.socket and needs no argument.

  --port PORT   listen on this port of 127.0.0.1 and ::1 itself
  --help        say this
  --version     say which fob this is
";

/// What it is started for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To serve, on this port or on the sockets that systemd has passed.
    Serve(Option<u16>),
    /// To say what it can.
    Help,
    /// To say its version.
    Version,
}

/// A command line that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A port that is none.
    #[error("--port wants a number from 1 to 65535")]
    Port,
    /// Something else.
    #[error("{0:?} means nothing here")]
    Unknown(String),
}

impl Request {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// [`UsageError`].
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, UsageError> {
        let mut arguments = arguments.into_iter();
        let mut port = None;
        while let Some(argument) = arguments.next() {
            let value = match argument.as_str() {
                "--help" | "-h" => return Ok(Self::Help),
                "--version" | "-V" => return Ok(Self::Version),
                "--port" => arguments.next().ok_or(UsageError::Port)?,
                _ => match argument.strip_prefix("--port=") {
                    Some(value) => value.to_owned(),
                    None => return Err(UsageError::Unknown(argument)),
                },
            };
            port = Some(value.parse().ok().filter(|port| *port != 0).ok_or(UsageError::Port)?);
        }
        Ok(Self::Serve(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_one_that_clients_can_name() {
        for (arguments, expected) in [
            (&[][..], Ok(Request::Serve(None))),
            (&["--port", "9362"], Ok(Request::Serve(Some(9362)))),
            (&["--port=9362"], Ok(Request::Serve(Some(9362)))),
            (&["--port"], Err(UsageError::Port)),
            (&["--port", "0"], Err(UsageError::Port)),
            (&["--port", "65536"], Err(UsageError::Port)),
            (&["--port", "-1"], Err(UsageError::Port)),
            (&["--help"], Ok(Request::Help)),
            (&["-V"], Ok(Request::Version)),
            (&["--listen", "0.0.0.0"], Err(UsageError::Unknown("--listen".to_owned()))),
        ] {
            assert_eq!(Request::parse(arguments.iter().map(ToString::to_string)), expected, "{arguments:?}");
        }
    }
}
