//! Android's shared preferences: a flat XML `<map>` of named values.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use zeroize::Zeroizing;

use crate::source::Source;
use crate::{ImportError, MAX_ENTRIES};

/// Deepest nesting: `map`, `set`, `string`.
const MAX_DEPTH: usize = 8;

/// The `<string>` values with their names, in the file's order.
pub(crate) struct Preferences(Vec<(String, Zeroizing<String>)>);

impl Preferences {
    /// Reads the whole map.
    pub(crate) fn read(source: &Source<'_>) -> Result<Self, ImportError> {
        let damaged = |_| source.damaged("it is no XML as Android writes it");
        let mut reader = Reader::from_str(source.text()?);
        let mut strings: Vec<(String, Zeroizing<String>)> = Vec::new();
        let (mut depth, mut inside) = (0_usize, false);
        loop {
            match reader.read_event().map_err(damaged)? {
                Event::Start(tag) => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(ImportError::TooDeep);
                    }
                    inside = depth == 2 && tag.name().into_inner() == "string";
                    if inside {
                        strings.push((attribute(&tag, "name").unwrap_or_default(), Zeroizing::default()));
                    }
                    if strings.len() > MAX_ENTRIES {
                        return Err(ImportError::TooManyEntries);
                    }
                }
                Event::End(_) => {
                    depth = depth.saturating_sub(1);
                    inside = false;
                }
                Event::Text(text) if inside => push(&mut strings, &text.into_inner()),
                Event::CData(text) if inside => push(&mut strings, &text.into_inner()),
                Event::GeneralRef(reference) if inside => {
                    let character = reference.resolve_char_ref().map_err(damaged)?;
                    let mut room = [0; 4];
                    let name = reference.into_inner();
                    let text = character.map(|character| &*character.encode_utf8(&mut room));
                    let text = text.or_else(|| resolve_predefined_entity(&name));
                    push(&mut strings, text.ok_or_else(|| source.damaged("it has an entity that XML has not"))?);
                }
                Event::DocType(_) => return Err(source.damaged("it has a document type, which no export has")),
                Event::Eof => return Ok(Self(strings)),
                _ => {}
            }
        }
    }

    /// The first value of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn push(strings: &mut [(String, Zeroizing<String>)], text: &str) {
    if let Some((_, value)) = strings.last_mut() {
        value.push_str(text);
    }
}

/// An attribute's value without its escapes.
pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    // The check for duplicates compares each with each.
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.into_inner() == name)?;
    quick_xml::escape::unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}
