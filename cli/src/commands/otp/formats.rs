//! `fob otp import --list`: the formats that are read, and how a file's format is told to a person.

use fob_exchange::{FORMATS, Format, FormatInfo};
use serde::Serialize;

use crate::answer::Answer;
use crate::text::table;
use crate::{Failure, World};

#[derive(Serialize)]
struct Formats {
    formats: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    program: &'static str,
    file: &'static str,
    proven: bool,
    /// What stood in for files of the program itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    unproven: Option<&'static str>,
}

impl From<&FormatInfo> for Row {
    fn from(info: &FormatInfo) -> Self {
        let FormatInfo { name, program, file, unproven, .. } = *info;
        Self { name, program, file, proven: unproven.is_none(), unproven }
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let proof = self.unproven.map_or("proven".to_owned(), |why| format!("unproven: {why}"));
        vec![self.name.to_owned(), self.program.to_owned(), self.file.to_owned(), proof]
    }
}

impl Answer for Formats {
    const SCHEMA: &'static str = "fob.otp-formats/1";

    fn words(&self) -> String {
        table(&self.formats.iter().map(Row::cells).collect::<Vec<_>>())
    }
}

pub(super) fn list(world: &mut World) -> Result<(), Failure> {
    world.answer(&Formats { formats: FORMATS.iter().map(Row::from).collect() })
}

/// What a file was read as.
#[derive(Serialize)]
pub(super) struct ReadAs {
    format: &'static str,
    #[serde(skip)]
    program: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unproven: Option<&'static str>,
}

impl From<Format> for ReadAs {
    fn from(format: Format) -> Self {
        let FormatInfo { name, program, unproven, .. } = *format.info();
        Self { format: name, program, unproven }
    }
}

impl ReadAs {
    /// One line, and a second one where care is in order.
    pub(super) fn lines(&self) -> String {
        let read = format!("Read as {} ({}).\n", self.format, self.program);
        match self.unproven {
            None => read,
            Some(why) => format!("{read}  note: unproven, {why}; compare a code before you rely on it\n"),
        }
    }
}
