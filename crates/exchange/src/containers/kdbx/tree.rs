//! The XML of a database: groups within groups, entries with named strings.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use zeroize::Zeroizing;

use super::stream::InnerStream;
use crate::containers::preferences::attribute;
use crate::record::clipped;
use crate::source::Source;
use crate::{ImportError, MAX_ENTRIES, encoding};

/// Deepest nesting; groups nest, and people nest them deeply.
const MAX_DEPTH: usize = 64;
/// Strings that are kept; the rest of a database is none of our business.
const KEPT: [&str; 15] = [
    "Title",
    "UserName",
    "otp",
    "TimeOtp-Secret",
    "TimeOtp-Secret-Hex",
    "TimeOtp-Secret-Base32",
    "TimeOtp-Secret-Base64",
    "TimeOtp-Length",
    "TimeOtp-Period",
    "TimeOtp-Algorithm",
    "HmacOtp-Secret",
    "HmacOtp-Secret-Hex",
    "HmacOtp-Secret-Base32",
    "HmacOtp-Secret-Base64",
    "HmacOtp-Counter",
];
/// The same for the oldest way to keep codes.
const KEPT_TRAY: [&str; 2] = ["TOTP Seed", "TOTP Settings"];

/// An entry that is no old version of another.
#[derive(Default)]
pub(crate) struct Entry {
    strings: Vec<(&'static str, Zeroizing<String>)>,
    /// Its own tags, as they stand there, with `;` or `,` between.
    pub(crate) tags: String,
    /// The path of the groups around it, the outermost, which is the database's own, left out.
    pub(crate) group: String,
    /// Whether one of those groups is the bin.
    pub(crate) trashed: bool,
}

impl Entry {
    /// The value of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.strings.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

struct Group {
    name: String,
    uuid: String,
}

/// Where the reader stands.
struct Walk<'a> {
    /// Names of the open elements.
    path: Vec<String>,
    groups: Vec<Group>,
    entry: Option<Entry>,
    key: String,
    text: Zeroizing<String>,
    protected: bool,
    bin: String,
    inner: &'a mut InnerStream,
    entries: Vec<Entry>,
}

pub(super) fn read(xml: &[u8], inner: &mut InnerStream, source: &Source<'_>) -> Result<Vec<Entry>, ImportError> {
    let damaged = || source.damaged("its XML is none");
    let xml = std::str::from_utf8(xml).map_err(|_| damaged())?;
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut walk = Walk {
        path: Vec::new(),
        groups: Vec::new(),
        entry: None,
        key: String::new(),
        text: Zeroizing::default(),
        protected: false,
        bin: String::new(),
        inner,
        entries: Vec::new(),
    };
    loop {
        match reader.read_event().map_err(|_| damaged())? {
            Event::Start(tag) => {
                let protected = attribute(&tag, "Protected").is_some_and(|value| value.eq_ignore_ascii_case("true"));
                walk.open(tag.name().into_inner(), protected)?;
            }
            Event::End(_) => walk.close(source)?,
            Event::Text(text) => walk.text.push_str(&text.into_inner()),
            Event::CData(text) => walk.text.push_str(&text.into_inner()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| damaged())?;
                let name = reference.into_inner();
                match (character, resolve_predefined_entity(&name)) {
                    (Some(character), _) => walk.text.push(character),
                    (None, Some(text)) => walk.text.push_str(text),
                    (None, None) => return Err(damaged()),
                }
            }
            Event::DocType(_) => return Err(damaged()),
            Event::Eof => return Ok(walk.entries),
            _ => {}
        }
    }
}

impl Walk<'_> {
    fn open(&mut self, name: &str, protected: bool) -> Result<(), ImportError> {
        if self.path.len() >= MAX_DEPTH {
            return Err(ImportError::TooDeep);
        }
        self.text = Zeroizing::default();
        self.protected = protected;
        match name {
            "Group" if self.entry.is_none() => {
                self.groups.push(Group { name: String::new(), uuid: String::new() });
            }
            // An old version stands in its entry's history.
            "Entry" if self.entry.is_none() => self.entry = Some(Entry::default()),
            _ => {}
        }
        self.path.push(name.to_owned());
        Ok(())
    }

    fn close(&mut self, source: &Source<'_>) -> Result<(), ImportError> {
        let Some(name) = self.path.pop() else { return Err(source.damaged("its XML is none")) };
        let mut text = std::mem::take(&mut self.text);
        if std::mem::take(&mut self.protected) {
            // In the order of the document, old versions among them, or the stream loses its place.
            let mut bytes = encoding::base64(&text).ok_or_else(|| source.damaged("a protected value is none"))?;
            self.inner.apply(&mut bytes);
            text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        }
        let parent = self.path.last().map_or("", String::as_str);
        let in_history = self.path.iter().any(|name| name == "History");
        match (parent, name.as_str()) {
            ("Meta", "RecycleBinUUID") => self.bin = clipped(&text),
            ("Group", "Name") => self.group(|group| group.name = clipped(&text)),
            ("Group", "UUID") => self.group(|group| group.uuid = clipped(&text)),
            (_, "Group") if self.entry.is_none() => drop(self.groups.pop()),
            _ if in_history => {}
            ("String", "Key") => self.key = text.to_string(),
            ("String", "Value") => self.string(text),
            ("Entry", "Tags") => {
                if let Some(entry) = &mut self.entry {
                    entry.tags = text.to_string();
                }
            }
            (_, "Entry") => return self.finish(),
            _ => {}
        }
        Ok(())
    }

    fn group(&mut self, set: impl FnOnce(&mut Group)) {
        if let (Some(group), None) = (self.groups.last_mut(), &self.entry) {
            set(group);
        }
    }

    fn string(&mut self, value: Zeroizing<String>) {
        let key = std::mem::take(&mut self.key);
        let kept = KEPT.iter().chain(&KEPT_TRAY).find(|kept| **kept == key).filter(|_| !value.is_empty());
        let (Some(key), Some(entry)) = (kept, &mut self.entry) else { return };
        if entry.get(key).is_none() {
            entry.strings.push((key, value));
        }
    }

    fn finish(&mut self) -> Result<(), ImportError> {
        let Some(mut entry) = self.entry.take() else { return Ok(()) };
        if self.entries.len() == MAX_ENTRIES {
            return Err(ImportError::TooManyEntries);
        }
        entry.trashed = !self.bin.is_empty() && self.groups.iter().any(|group| group.uuid == self.bin);
        let names: Vec<_> = self.groups.iter().skip(1).map(|group| group.name.as_str()).collect();
        entry.group = clipped(&names.join("/"));
        self.entries.push(entry);
        Ok(())
    }
}
