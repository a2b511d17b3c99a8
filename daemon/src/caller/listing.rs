//! A listed program, and the words of a drop-in that lists it ([docs/programs.md](../../../docs/programs.md)).
//!
//! A drop-in is read strictly, as the settings file is: a word that is not known makes the whole file wrong, since one that
//! was passed over might have been what kept a program from more than it should have.

use std::fmt;
use std::path::PathBuf;

use fob_otp::printable;
use fob_webauthn::Origin;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// Most programs that are read from one file.
const PROGRAMS: usize = 64;
/// Most origins of one program.
const ORIGINS: usize = 256;
/// Longest name, in characters.
const NAME: usize = 64;

/// A program that vendor, administrator or the person has listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Its name for a person. Text from outside.
    pub(crate) name: String,
    /// Its executable.
    pub(crate) path: PathBuf,
    /// The https origins that it may name.
    pub(crate) origins: Origins,
    /// Whether it is a portal, which speaks for applications.
    pub(crate) portal: bool,
    /// Who listed it.
    pub(crate) by: ListedBy,
}

/// The https origins that a program may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origins {
    /// Any, as a browser does.
    Any,
    /// These, in their ASCII form.
    These(Vec<String>),
}

/// Who listed a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListedBy {
    /// The package.
    Vendor,
    /// This machine's administrator.
    Admin,
    /// The person, in the vault.
    Person,
}

/// Reads a drop-in's text.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub(super) fn parse(text: &str, by: ListedBy) -> Result<Vec<Listing>, toml::de::Error> {
    let File { program } = toml::from_str(text)?;
    Ok(program.0.into_iter().map(|entry| entry.listed(by)).collect())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    program: Entries,
}

/// So many and no more.
struct Entries(Vec<Entry>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Name,
    path: Executable,
    #[serde(default)]
    origins: Origins,
    #[serde(default)]
    portal: bool,
}

impl Entry {
    fn listed(self, by: ListedBy) -> Listing {
        let Self { name, path, origins, portal } = self;
        Listing { name: name.0, path: path.0, origins, portal, by }
    }
}

/// Text that can be shown.
struct Name(String);

/// An absolute path as the kernel writes it: no `.`, no `..`, nothing doubled.
struct Executable(PathBuf);

/// Who says nothing may name none.
impl Default for Origins {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<Entry>::deserialize(deserializer)?;
        let most = format!("at most {PROGRAMS} programs");
        if entries.len() > PROGRAMS {
            Err(D::Error::invalid_length(entries.len(), &most.as_str()))
        } else {
            Ok(Self(entries))
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let fits = !name.trim().is_empty() && name.chars().count() <= NAME && printable(&name) == name;
        let expected = format!("a name of 1 to {NAME} characters that can be shown");
        if fits { Ok(Self(name)) } else { Err(D::Error::invalid_value(Unexpected::Str(&name), &expected.as_str())) }
    }
}

impl<'de> Deserialize<'de> for Executable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain =
            text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")));
        let expected = "an absolute path without . and ..";
        if plain { Ok(Self(text.into())) } else { Err(D::Error::invalid_value(Unexpected::Str(&text), &expected)) }
    }
}

/// `"any"`, or a list of https origins.
impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Origins;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "\"any\", or a list of at most {ORIGINS} https origins such as \"https://example.org\"")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Origins, E> {
                if word == "any" { Ok(Origins::Any) } else { Err(E::invalid_value(Unexpected::Str(word), &self)) }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Origins, A::Error> {
                let mut origins = Vec::new();
                while let Some(text) = list.next_element::<String>()? {
                    let origin = https(&text).ok_or_else(|| A::Error::invalid_value(Unexpected::Str(&text), &self))?;
                    if origins.len() == ORIGINS {
                        return Err(A::Error::invalid_length(origins.len() + 1, &self));
                    }
                    origins.push(origin);
                }
                Ok(Origins::These(origins))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

fn https(text: &str) -> Option<String> {
    let origin = Origin::parse(text).ok()?;
    origin.as_str().starts_with("https://").then(|| origin.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(lines: &str) -> Result<Vec<Listing>, toml::de::Error> {
        parse(&format!("[[program]]\n{lines}\n"), ListedBy::Vendor)
    }

    #[test]
    fn a_program_is_read_with_its_origins() {
        let named = "name = \"Web\"\npath = \"/usr/bin/web\"\n";
        let listing = |origins, portal| Listing {
            name: "Web".into(),
            path: "/usr/bin/web".into(),
            origins,
            portal,
            by: ListedBy::Vendor,
        };
        let these = |origins: &[&str]| Origins::These(origins.iter().map(|&origin| origin.to_owned()).collect());
        for (lines, expected) in [
            ("", listing(these(&[]), false)),
            ("origins = \"any\"", listing(Origins::Any, false)),
            ("origins = []\nportal = true", listing(these(&[]), true)),
            (
                "origins = [\"https://Example.org\", \"https://xn--bcher-kva.example:444\", \"https://bücher.example/\"]",
                listing(
                    these(&[
                        "https://example.org",
                        "https://xn--bcher-kva.example:444",
                        "https://xn--bcher-kva.example",
                    ]),
                    false,
                ),
            ),
        ] {
            assert_eq!(one(&format!("{named}{lines}")).unwrap(), [expected], "{lines}");
        }
        let two = format!("[[program]]\n{named}[[program]]\n{named}");
        assert_eq!(parse(&two, ListedBy::Admin).unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_known_makes_the_file_wrong_and_its_line_is_named() {
        let with = |line: &str| format!("name = \"Web\"\npath = \"/usr/bin/web\"\n{line}");
        for (lines, words) in [
            (with("origin = \"any\""), "unknown field `origin`"),
            (with("origins = \"all\""), "\"any\", or a list of"),
            (with("origins = \"https://example.org\""), "\"any\", or a list of"),
            (with("origins = [\"http://example.org\"]"), "https origins"),
            (with("origins = [\"http://localhost\"]"), "https origins"),
            (with("origins = [\"null\"]"), "https origins"),
            (with("origins = [\"https://example.org/path\"]"), "https origins"),
            (with("origins = [\"*\"]"), "https origins"),
            (with("origins = [1]"), "expected a string"),
            (with("portal = \"yes\""), "expected a boolean"),
            ("name = \"Web\"".into(), "missing field `path`"),
            ("path = \"/usr/bin/web\"".into(), "missing field `name`"),
            ("name = \"\"\npath = \"/usr/bin/web\"".into(), "can be shown"),
            ("name = \"a\\u202eb\"\npath = \"/usr/bin/web\"".into(), "can be shown"),
            (format!("name = \"{}\"\npath = \"/usr/bin/web\"", "x".repeat(65)), "can be shown"),
            ("name = \"Web\"\npath = \"web\"".into(), "absolute path"),
            ("name = \"Web\"\npath = \"/usr/../bin/web\"".into(), "absolute path"),
            ("name = \"Web\"\npath = \"/usr//bin/web\"".into(), "absolute path"),
            ("name = \"Web\"\npath = \"/usr/bin/web/\"".into(), "absolute path"),
            ("name = \"Web\"\npath = \"/\"".into(), "absolute path"),
        ] {
            let error = one(&lines).unwrap_err().to_string();
            assert!(error.contains(words), "{lines}: {error}");
            assert!(error.contains("line "), "{lines}: {error}");
        }
        for text in ["", "program = 1", "[program]\nname = \"Web\"\npath = \"/usr/bin/web\"\n", "[[programs]]\n"] {
            assert!(parse(text, ListedBy::Vendor).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_lists_a_bounded_number() {
        let many = |programs| "[[program]]\nname = \"Web\"\npath = \"/usr/bin/web\"\n".repeat(programs);
        assert_eq!(parse(&many(PROGRAMS), ListedBy::Vendor).unwrap().len(), PROGRAMS);
        assert!(parse(&many(PROGRAMS + 1), ListedBy::Vendor).is_err());
        let origins =
            |number| format!("name = \"W\"\npath = \"/w\"\norigins = [{}]", "\"https://a.example\",".repeat(number));
        assert!(one(&origins(ORIGINS)).is_ok());
        assert!(one(&origins(ORIGINS + 1)).is_err());
    }
}
