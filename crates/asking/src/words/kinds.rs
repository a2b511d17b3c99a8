//! For what is asked, in plain words.

use super::{Line, list};
use crate::text::harmless;
use crate::{Site, What};

/// The part of the words that depends on what is asked for.
pub(super) struct Kind {
    pub(super) title: String,
    pub(super) site: Option<Site>,
    pub(super) lines: Vec<Line>,
    pub(super) warning: Option<String>,
}

impl Kind {
    pub(super) fn of(what: &What) -> Self {
        match what {
            What::Code { issuer, name, site } => code(issuer, name, site.as_deref()),
            What::Sign { rp_id, origin, top_origin } => {
                let site = Site::of(rp_id);
                let title = format!("Sign in at {}?", site.domain);
                page(title, site, origin, top_origin.as_deref(), Vec::new())
            }
            What::Create { rp_id, origin, top_origin, user } => {
                let site = Site::of(rp_id);
                let title = format!("Register your security key at {}?", site.domain);
                let account = vec![Line { label: "Account", text: harmless(user) }];
                page(title, site, origin, top_origin.as_deref(), account)
            }
            What::KeyCare { key, doing } => Self {
                title: "Let this program look after your security key?".to_owned(),
                site: None,
                lines: vec![Line { label: "It wants to", text: harmless(doing) }, key_line(key)],
                warning: None,
            },
            What::Pin { key, rp_id } => {
                let site = Site::of(rp_id);
                let title = format!("The security key wants its PIN, for {}", site.domain);
                let lines = site_lines(&site).chain([key_line(key)]).collect();
                Self { title, lines, site: Some(site), warning: None }
            }
            What::Attach { path } => Self {
                title: "Attach a software key?".to_owned(),
                site: None,
                lines: vec![Line { label: "Its socket", text: harmless(path) }],
                warning: Some("Whatever is at this socket will count as one of your security keys.".to_owned()),
            },
            What::Pair { scopes, origin } => pair(scopes, origin.as_deref()),
            What::Allow { program, origins } => allow(program, origins.as_deref()),
        }
    }
}

fn code(issuer: &str, name: &str, site: Option<&str>) -> Kind {
    let account = match (issuer.is_empty(), name.is_empty()) {
        (false, false) => format!("{}, {}", harmless(issuer), harmless(name)),
        (true, _) => harmless(name),
        (false, true) => harmless(issuer),
    };
    let mut lines = vec![Line { label: "Account", text: account }];
    let site = site.map(Site::of);
    lines.extend(site.iter().flat_map(site_lines));
    let title = match &site {
        Some(site) => format!("Give a one-time code to {}?", site.domain),
        None => "Give out a one-time code?".to_owned(),
    };
    Kind { title, site, lines, warning: None }
}

fn page(title: String, site: Site, origin: &str, top_origin: Option<&str>, mut lines: Vec<Line>) -> Kind {
    lines.extend(site_lines(&site));
    let page = Site::of(origin);
    if page.host != site.host {
        lines.push(Line { label: "On the page", text: page.host });
    }
    let top = top_origin.map(Site::of).filter(|top| top.domain != page.domain);
    let warning = top.map(|top| {
        let warning = format!("This is a part of a page of {}, which is another site.", top.domain);
        lines.push(Line { label: "Inside", text: top.host });
        warning
    });
    Kind { title, site: Some(site), lines, warning }
}

/// What of a site is not in its domain.
fn site_lines(site: &Site) -> impl Iterator<Item = Line> + use<> {
    let whole = (site.host != site.domain).then(|| Line { label: "Site", text: site.host.clone() });
    let letters = site.unicode.clone().map(|text| Line { label: "Reads as", text });
    whole.into_iter().chain(letters)
}

fn key_line(key: &str) -> Line {
    Line { label: "Key", text: harmless(key) }
}

fn pair(scopes: &[String], origin: Option<&str>) -> Kind {
    let mut lines = vec![Line { label: "It may", text: list(scopes) }];
    lines.extend(origin.map(|origin| Line { label: "For pages of", text: Site::of(origin).host }));
    Kind {
        title: "Pair this program with fob?".to_owned(),
        site: None,
        lines,
        warning: Some("From then on it is served without a question, within these limits.".to_owned()),
    }
}

fn allow(program: &str, origins: Option<&[String]>) -> Kind {
    let (may_name, warning) = match origins {
        None => (
            "any site, as a browser does".to_owned(),
            Some("It can then ask for your passkeys of any site.".to_owned()),
        ),
        Some([]) => ("no site".to_owned(), None),
        Some(origins) => {
            let hosts: Vec<_> = origins.iter().map(|origin| Site::of(origin).host).collect();
            (list(&hosts), None)
        }
    };
    Kind {
        title: "List this program among those that are remembered?".to_owned(),
        site: None,
        lines: vec![
            Line { label: "To be listed", text: harmless(program) },
            Line { label: "It may name", text: may_name },
        ],
        warning,
    }
}
