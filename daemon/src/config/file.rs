//! The words of the settings file and how each is read. Every error names what would have been right.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::Config;
use crate::locks::{IdleLock, Switch, Switches};
use crate::policy::Companions;
use crate::prompt::Face;

/// Reads the file's text.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub(super) fn parse(text: &str) -> Result<Config, toml::de::Error> {
    let File { lock, consent, prompt } = toml::from_str(text)?;
    let default = Switches::default();
    let locks = Switches {
        suspend: lock.suspend.unwrap_or(default.suspend),
        shutdown: lock.shutdown.unwrap_or(default.shutdown),
        session_lock: lock.session_lock.unwrap_or(default.session_lock),
        last_session: lock.last_session.unwrap_or(default.last_session),
        screen_saver: lock.screen_saver.unwrap_or(default.screen_saver),
        screen_off: lock.screen_off.unwrap_or(default.screen_off),
        idle: lock.idle.unwrap_or(default.idle),
    };
    Ok(Config { locks, companions: consent.companion, face: prompt.face })
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    lock: Lock,
    #[serde(default)]
    consent: Consent,
    #[serde(default)]
    prompt: Prompt,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Lock {
    suspend: Option<bool>,
    shutdown: Option<bool>,
    session_lock: Option<Switch>,
    last_session: Option<bool>,
    screen_saver: Option<Switch>,
    screen_off: Option<Switch>,
    idle: Option<IdleLock>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Consent {
    #[serde(default)]
    companion: Companions,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Prompt {
    #[serde(default)]
    face: Face,
}

/// One of the words of [`Companions::word`].
impl<'de> Deserialize<'de> for Companions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let known = [Self::Free, Self::PerTerminal, Self::Ask].into_iter().find(|companions| companions.word() == word);
        known.ok_or_else(|| {
            D::Error::invalid_value(serde::de::Unexpected::Str(&word), &"\"free\", \"per-terminal\" or \"ask\"")
        })
    }
}

/// `true`, `false` or `"soft"`.
impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Switch;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or \"soft\"")
            }
            fn visit_bool<E: Error>(self, on: bool) -> Result<Switch, E> {
                Ok(if on { Switch::Full } else { Switch::Off })
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Switch, E> {
                if word == "soft" {
                    Ok(Switch::Soft)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
                }
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// `"never"`, or a number with its unit: `"90s"`, `"15m"`, `"2h"`.
impl<'de> Deserialize<'de> for IdleLock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = IdleLock;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"never\", or a number of at least 1 with its unit such as \"90s\", \"15m\" or \"2h\"")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<IdleLock, E> {
                idle(word).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(word), &self))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

fn idle(word: &str) -> Option<IdleLock> {
    if word == "never" {
        return Some(IdleLock::Never);
    }
    let units = [("s", 1), ("m", 60), ("h", 60 * 60)];
    let (number, unit) = units.iter().find_map(|(name, unit)| Some((word.strip_suffix(name)?, *unit)))?;
    // Not what `parse` takes besides digits: a sign.
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = number.parse::<u32>().ok().filter(|number| *number > 0)?.checked_mul(unit)?;
    Some(IdleLock::After(Duration::from_secs(seconds.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lock_has_its_own_switch() {
        let default = Switches::default();
        let after = |seconds| IdleLock::After(Duration::from_secs(seconds));
        for (line, expected) in [
            ("suspend = false", Switches { suspend: false, ..default.clone() }),
            ("shutdown = false", Switches { shutdown: false, ..default.clone() }),
            ("session-lock = false", Switches { session_lock: Switch::Off, ..default.clone() }),
            ("session-lock = \"soft\"", Switches { session_lock: Switch::Soft, ..default.clone() }),
            ("last-session = false", Switches { last_session: false, ..default.clone() }),
            ("screen-saver = true", Switches { screen_saver: Switch::Full, ..default.clone() }),
            ("screen-off = \"soft\"", Switches { screen_off: Switch::Soft, ..default.clone() }),
            ("idle = \"never\"", Switches { idle: IdleLock::Never, ..default.clone() }),
            ("idle = \"90s\"", Switches { idle: after(90), ..default.clone() }),
            ("idle = \"5m\"", Switches { idle: after(300), ..default.clone() }),
            ("idle = \"2h\"", Switches { idle: after(7_200), ..default.clone() }),
            ("", default.clone()),
        ] {
            assert_eq!(parse(&format!("[lock]\n{line}\n")).unwrap().locks, expected, "{line}");
        }
    }

    #[test]
    fn what_fob_is_asked_for_is_a_word() {
        for (text, expected) in [
            ("", Companions::Free),
            ("[consent]\n", Companions::Free),
            ("[consent]\ncompanion = \"free\"\n", Companions::Free),
            ("[consent]\ncompanion = \"per-terminal\"\n", Companions::PerTerminal),
            ("[consent]\ncompanion = \"ask\"\n", Companions::Ask),
        ] {
            assert_eq!(parse(text).unwrap().companions, expected, "{text}");
        }
        for text in
            ["[consent]\ncompanion = \"never\"\n", "[consent]\ncompanion = true\n", "[consent]\nfob = \"ask\"\n"]
        {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{text}: {error}");
        }
    }

    #[test]
    fn how_the_person_is_asked_is_a_word() {
        for (text, expected) in [
            ("", Face::Auto),
            ("[prompt]\n", Face::Auto),
            ("[prompt]\nface = \"graphical\"\n", Face::Graphical),
            ("[prompt]\nface = \"pinentry\"\n", Face::Pinentry),
            ("[prompt]\nface = \"terminal\"\n", Face::Terminal),
        ] {
            assert_eq!(parse(text).unwrap().face, expected, "{text}");
        }
        for text in ["[prompt]\nface = \"gtk\"\n", "[prompt]\nface = 1\n", "[prompt]\nfaces = \"auto\"\n"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        for (line, words) in [
            ("supend = true", "unknown field `supend`"),
            ("suspend = \"soft\"", "expected a boolean"),
            ("last-session = \"soft\"", "expected a boolean"),
            ("session-lock = \"hard\"", "true, false or \"soft\""),
            ("screen-saver = 1", "true, false or \"soft\""),
            ("idle = 900", "with its unit such as"),
            ("idle = \"15\"", "with its unit such as"),
            ("idle = \"0m\"", "with its unit such as"),
            ("idle = \"+5m\"", "with its unit such as"),
            ("idle = \"-5m\"", "with its unit such as"),
            ("idle = \"5 m\"", "with its unit such as"),
            ("idle = \"m\"", "with its unit such as"),
            ("idle = \"99999999h\"", "with its unit such as"),
            ("idle = \"15m\"\nidle = \"never\"", "duplicate key"),
            ("suspend", "line 2"),
        ] {
            let error = parse(&format!("[lock]\n{line}\n")).unwrap_err().to_string();
            assert!(error.contains(words), "{line}: {error}");
            assert!(error.contains("line 2") || error.contains("line 3"), "{line}: {error}");
        }
        for text in ["[locks]\n", "lock = 1\n", "idle = \"5m\"\n", "[lock]\n[lock]\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_can_be_written_into_the_file() {
        let odd = Switches {
            suspend: false,
            shutdown: false,
            session_lock: Switch::Soft,
            last_session: false,
            screen_saver: Switch::Full,
            screen_off: Switch::Soft,
            idle: IdleLock::Never,
        };
        for switches in [Switches::default(), odd] {
            assert_eq!(parse(&switches.to_string()).unwrap().locks, switches);
        }
    }
}
