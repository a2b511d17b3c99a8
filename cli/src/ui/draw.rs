//! Paints a [`View`] with ratatui: from 20 columns and 4 rows on, and best from 40. In a smaller window nothing of the
//! vault shows. Codes are lent to the widgets, never copied.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::view::{Cell, Left, Notice, Open, Row, Tone, View};

/// The smallest window that shows accounts: a row for the search, one for an account, its details and the keys.
const LEAST: Size = Size { width: 20, height: 4 };
/// Seconds below which a code is about to die.
const LATE: u64 = 5;
/// Characters of a name that are looked at: names come from outside and may have no end.
const LONGEST_NAME: usize = 300;
/// Columns of a code, and of what stands in its place.
const CODE: usize = 8;
/// Columns that the name of an account keeps whatever else there is.
const LEAST_NAME: usize = 16;

const HELP: [(&str, &str); 4] = [("Enter", "copy"), ("Tab", "reveal"), ("^L", "lock"), ("Esc", "end")];

/// Whether there are colours. Without them nothing is lost: what they say stands there as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// The terminal's own sixteen.
    Colours,
    /// Bold, dim and reversed only (`NO_COLOR`).
    Plain,
}

impl Palette {
    fn of(self, colour: Color) -> Style {
        match self {
            Self::Colours => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }
}

/// Paints it.
pub fn draw(frame: &mut Frame<'_>, view: &View, palette: Palette) {
    let area = frame.area();
    match view {
        View::Locked { notice } => locked(frame, area, notice.as_ref(), palette),
        View::Open(_) if area.width < LEAST.width || area.height < LEAST.height => {
            frame.render_widget(Line::raw("too small"), area);
        }
        View::Open(open) => {
            let rows = [Constraint::Length(1), Constraint::Min(1), Constraint::Length(1), Constraint::Length(1)];
            let [head, list, detail, foot] = Layout::vertical(rows).areas(area);
            self::head(frame, head, open);
            self::list(frame, list, open, palette);
            let words = fit(&open.detail, detail.width.into());
            frame.render_widget(Line::from_iter(words).style(Modifier::DIM), detail);
            self::foot(frame, foot, open.notice.as_ref(), palette);
        }
    }
}

fn locked(frame: &mut Frame<'_>, area: Rect, notice: Option<&Notice>, palette: Palette) {
    let lines =
        [Constraint::Fill(1), Constraint::Length(1), Constraint::Length(2), Constraint::Fill(1), Constraint::Length(1)];
    let [_, what, how, _, foot] = Layout::vertical(lines).areas(area);
    frame.render_widget(Line::styled("The vault is locked.", Modifier::BOLD).centered(), what);
    let [_, how] = Layout::vertical([Constraint::Length(1), Constraint::Length(1)]).areas(how);
    frame.render_widget(Line::raw("Enter: unlock  Esc: end").centered(), how);
    if let Some(notice) = notice {
        self::foot(frame, foot, Some(notice), palette);
    }
}

/// The search, and how many accounts it leaves.
fn head(frame: &mut Frame<'_>, area: Rect, open: &Open) {
    let number = Line::styled(open.number.as_str(), Modifier::DIM);
    let room = usize::from(area.width).saturating_sub(number.width() + 4);
    let query = tail(&open.query, room);
    let width = Span::raw(query.as_str()).width();
    let mut search = Line::from(vec![Span::styled("> ", Modifier::BOLD), Span::raw(query)]);
    if open.query.is_empty() && room >= 14 {
        search.push_span(Span::styled(" type to search", Modifier::DIM));
    }
    frame.render_widget(search, area);
    if usize::from(area.width) > number.width() + 4 {
        frame.render_widget(number.right_aligned(), area);
    }
    let column = area.x.saturating_add(u16::try_from(width + 2).unwrap_or(u16::MAX));
    frame.set_cursor_position((column.min(area.right().saturating_sub(1)), area.y));
}

fn list(frame: &mut Frame<'_>, area: Rect, open: &Open, palette: Palette) {
    if open.rows.is_empty() {
        let words = if open.query.is_empty() {
            "There are no accounts yet: `fob otp add` adds one."
        } else {
            "No account has that."
        };
        frame.render_widget(Line::from_iter(fit(words, area.width.into())).style(Modifier::DIM), area);
        return;
    }
    // The chosen one stays in sight, with what is around it.
    let height = usize::from(area.height);
    let last = open.rows.len().saturating_sub(height);
    let first = open.chosen.saturating_sub(height / 2).min(last);
    for ((place, row), line) in open.rows.iter().enumerate().skip(first).zip(area.rows()) {
        let chosen = place == open.chosen;
        frame.render_widget(self::row(row, chosen, line.width.into(), palette), line);
    }
}

/// `> name      code  bar  seconds`: what has no room goes, the bar first, then the seconds.
fn row(row: &Row, chosen: bool, width: usize, palette: Palette) -> Line<'_> {
    let mark = match (chosen, row.favourite) {
        (true, true) => ">*",
        (true, false) => "> ",
        (false, true) => " *",
        (false, false) => "  ",
    };
    let (code, style) = match &row.code {
        Cell::Hidden => ("\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}", Modifier::DIM),
        Cell::Shown(code) => (code.as_str(), Modifier::BOLD),
        Cell::None => ("no code", Modifier::DIM),
    };
    let code = Span::styled(code, style);
    let before = CODE.saturating_sub(code.width());
    let code_width = before + code.width();
    let room = width.saturating_sub(mark.len() + code_width + LEAST_NAME);
    let life = life(row.left, room, palette);
    let taken = mark.len() + code_width + life.iter().map(Span::width).sum::<usize>();
    let name = width.saturating_sub(taken);
    let label = fit(&row.label, name);
    let label_width: usize = label.iter().map(Span::width).sum();
    let mut spans = vec![Span::raw(mark)];
    spans.extend(label);
    spans.extend([Span::raw(" ".repeat(name.saturating_sub(label_width) + before)), code]);
    spans.extend(life);
    let line = Line::from(spans);
    if chosen { line.patch_style(Modifier::REVERSED) } else { line }
}

/// The bar and the seconds, as wide for an account without them.
fn life(left: Option<Left>, room: usize, palette: Palette) -> Vec<Span<'static>> {
    const SECONDS: usize = 6;
    let bar = match room.saturating_sub(SECONDS) {
        12.. => 10,
        7.. => 5,
        _ => 0,
    };
    if room < SECONDS {
        return Vec::new();
    }
    let Some(left) = left else {
        return vec![Span::raw(" ".repeat(SECONDS + if bar > 0 { bar + 2 } else { 0 }))];
    };
    let late = left.seconds <= LATE;
    let style = palette.of(if late { Color::Red } else { Color::Green });
    let mut spans = Vec::new();
    if bar > 0 {
        let full = (left.seconds * bar as u64).div_ceil(left.of.max(1));
        let full = usize::try_from(full).unwrap_or(bar).min(bar);
        spans.push(Span::raw("  "));
        spans.push(Span::styled("\u{2588}".repeat(full), style));
        spans.push(Span::styled("\u{2591}".repeat(bar - full), style));
    }
    let seconds = if late { Style::from(Modifier::BOLD).patch(style) } else { style };
    spans.push(Span::styled(format!("{:>4} s", left.seconds.min(9_999)), seconds));
    spans
}

fn foot(frame: &mut Frame<'_>, area: Rect, notice: Option<&Notice>, palette: Palette) {
    let line = match notice {
        Some(notice) => {
            let style = match notice.tone {
                Tone::Good => palette.of(Color::Green),
                Tone::Bad => palette.of(Color::Red).add_modifier(Modifier::BOLD),
                Tone::Question => palette.of(Color::Yellow).add_modifier(Modifier::BOLD),
            };
            Line::from_iter(fit(&notice.text, area.width.into())).style(style)
        }
        None => help(area.width.into()),
    };
    frame.render_widget(line, area);
}

/// As many of the keys as there is room for.
fn help(width: usize) -> Line<'static> {
    let mut line = Line::default();
    for (key, what) in HELP {
        let gap = if line.spans.is_empty() { "" } else { "  " };
        if line.width() + gap.len() + key.len() + 1 + what.len() > width {
            break;
        }
        line.push_span(Span::raw(gap));
        line.push_span(Span::styled(key, Modifier::BOLD));
        line.push_span(Span::styled(format!(" {what}"), Modifier::DIM));
    }
    line
}

/// The beginning of the text, in so many columns, and a mark if it is not the whole.
fn fit(text: &str, columns: usize) -> Vec<Span<'_>> {
    let within = |most: usize| {
        let ends = text.char_indices().map(|(start, character)| start + character.len_utf8()).take(LONGEST_NAME);
        let begins = ends.filter_map(|end| text.get(..end));
        begins.take_while(|begin| Span::raw(*begin).width() <= most).last().unwrap_or_default()
    };
    match within(columns) {
        whole if whole.len() == text.len() => vec![Span::raw(whole)],
        _ if columns == 0 => Vec::new(),
        _ => vec![Span::raw(within(columns - 1)), Span::raw("\u{2026}")],
    }
}

/// The end of the text, in so many columns.
fn tail(text: &str, columns: usize) -> String {
    let starts = text.char_indices().map(|(start, _)| start).chain([text.len()]);
    let mut rests = starts.filter_map(|start| text.get(start..));
    rests.find(|rest| Span::raw(*rest).width() <= columns).unwrap_or_default().to_owned()
}
