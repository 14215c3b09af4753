//! A report as a page that needs nothing else: no script, no other file, no network.

use super::text::percent;
use super::treemap::{Rect, layout};
use super::{Function, Report, size};
use std::fmt::{self, Write as _};

/// Functions that have a rectangle of their own. The others of their group share one.
const MOST_RECTANGLES: usize = 1500;

/// Groups with an area of their own.
const MOST_GROUPS: usize = 60;

/// Rows of each table.
const ROWS: usize = 100;

/// The area of the map, in units of its own.
const MAP: Rect = Rect { x: 0.0, y: 0.0, width: 1200.0, height: 640.0 };

/// Height of the line that a group's name stands in.
const TITLE: f64 = 14.0;

const STYLE: &str = "body{font:14px/1.4 system-ui,sans-serif;margin:24px auto;max-width:1200px;padding:0 16px}\
    svg{width:100%;height:auto;background:#eee}svg text{font:10px system-ui,sans-serif;pointer-events:none}\
    rect{stroke:#fff;stroke-width:.5}rect:hover{stroke:#000}table{border-collapse:collapse;margin:8px 0 24px}\
    td,th{padding:2px 10px;text-align:right;border-bottom:1px solid #ddd}td:last-child,th:last-child{text-align:left;\
    font-family:ui-monospace,monospace;overflow-wrap:anywhere}";

/// The page of a report.
pub fn page(report: &Report) -> String {
    let name = Escaped(&report.name);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{name}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{name} for {}</h1>\n\
         <p>{} functions, {} bytes of machine code for {} bytes of WebAssembly, {} bytes of data. {}</p>\n",
        Escaped(&report.target),
        report.functions.len(),
        report.native(),
        report.wasm(),
        report.data(),
        match report.hot {
            Some(_) => "What is red runs often, by the profile; what is grey has never run.",
            None => "With <code>--profile-use</code>, colours show what runs often.",
        },
    );
    map(report, &mut page);
    sizes(report, &mut page);
    if report.hot.is_some() {
        times(report, &mut page);
    }
    page += "</body>\n</html>\n";
    page
}

/// Machine code by groups and functions, and data, as rectangles.
fn map(report: &Report, page: &mut String) {
    let mut groups = report.groups();
    let others: Vec<&Function> =
        groups.split_off(groups.len().min(MOST_GROUPS)).into_iter().flat_map(|g| g.1).collect();
    if !others.is_empty() {
        groups.push(("other groups", others));
    }
    let mut parts: Vec<(&str, u64, Option<Vec<&Function>>)> =
        groups.into_iter().map(|(name, functions)| (name, size(&functions), Some(functions))).collect();
    parts.push(("data", report.data(), None));
    parts.sort_by_key(|part| std::cmp::Reverse(part.1));
    let areas = layout(&parts.iter().map(|part| part.1 as f64).collect::<Vec<_>>(), MAP);
    let most = report.functions.iter().map(|function| function.executed).max().unwrap_or(0);
    let _ = writeln!(page, "<svg viewBox=\"0 0 {} {}\" role=\"img\">", MAP.width, MAP.height);
    let smallest = report.functions.get(MOST_RECTANGLES).map_or(0, |function| function.native);
    let bounds = Bounds { smallest, most };
    for ((name, bytes, functions), area) in parts.iter().zip(areas) {
        let title = format!("{}: {bytes} bytes", Escaped(name));
        let has_title = area.height > 3.0 * TITLE && area.width > 4.0 * TITLE;
        rectangle(page, area, if functions.is_some() { "#bbb" } else { "#9bd" }, &title);
        let mut inside = area;
        if has_title {
            (inside.y, inside.height) = (area.y + TITLE, area.height - TITLE);
            label(page, area, name);
        }
        if let Some(functions) = functions {
            group(report, page, (name, functions), inside, bounds);
        }
    }
    *page += "</svg>\n";
}

/// What rectangles of functions are chosen and coloured by.
#[derive(Clone, Copy)]
struct Bounds {
    /// Functions of more bytes of machine code have a rectangle of their own.
    smallest: u64,
    /// How often the blocks of the busiest function have run.
    most: u64,
}

/// The functions of a group in its area.
fn group(report: &Report, page: &mut String, (name, functions): (&str, &[&Function]), area: Rect, bounds: Bounds) {
    let shown: Vec<&Function> =
        functions.iter().copied().filter(|function| function.native > bounds.smallest).collect();
    let rest = size(functions) - size(&shown);
    let mut sizes: Vec<f64> = shown.iter().map(|function| function.native as f64).collect();
    let is_rest_first = sizes.first().is_none_or(|&first| rest as f64 > first);
    sizes.insert(if is_rest_first { 0 } else { sizes.len() }, rest as f64);
    let mut rects = layout(&sizes, area);
    let rest_rect = if is_rest_first { rects.remove(0) } else { rects.remove(rects.len() - 1) };
    rectangle(page, rest_rect, "#ccc", &format!("{}: smaller functions, {rest} bytes", Escaped(name)));
    for (function, rect) in shown.into_iter().zip(rects) {
        let title = format!("{}: {} bytes{}", Escaped(&function.name), function.native, calls(report, function));
        rectangle(page, rect, &colour(report, function, bounds.most), &title);
        if rect.height > TITLE && rect.width > 5.0 * TITLE {
            label(page, rect, &function.name);
        }
    }
}

fn calls(report: &Report, function: &Function) -> String {
    match report.hot {
        Some(_) => format!(", {} calls, {} blocks run", function.entered, function.executed),
        None => String::new(),
    }
}

/// How often a function's blocks have run, on a logarithmic scale, as a colour.
fn colour(report: &Report, function: &Function, most: u64) -> String {
    if report.hot.is_none() {
        return "#cde2b8".into();
    }
    if function.executed == 0 {
        return "#ddd".into();
    }
    let heat = (function.executed as f64 + 1.0).ln() / (most as f64 + 1.0).ln();
    format!("hsl({:.0} 85% {:.0}%)", 50.0 - 50.0 * heat, 85.0 - 25.0 * heat)
}

fn rectangle(page: &mut String, rect: Rect, colour: &str, title: &str) {
    let Rect { x, y, width, height } = rect;
    if width < 0.3 || height < 0.3 {
        return;
    }
    let _ = writeln!(
        page,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"><title>{title}\
         </title></rect>"
    );
}

/// Text in a rectangle, as much as has room in it.
fn label(page: &mut String, rect: Rect, text: &str) {
    let room = (rect.width / 6.0) as usize;
    let text: String = text.chars().take(room.saturating_sub(1)).collect();
    let _ = writeln!(page, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", rect.x + 3.0, rect.y + 11.0, Escaped(&text));
}

fn sizes(report: &Report, page: &mut String) {
    let native = report.native();
    *page += "<h2>Bytes by group</h2>\n<table><tr><th>machine code<th>share<th>functions<th>group</tr>\n";
    for (name, functions) in report.groups().iter().take(ROWS) {
        let bytes = size(functions);
        let (share, count) = (percent(bytes, native), functions.len());
        let _ = writeln!(page, "<tr><td>{bytes}<td>{share}<td>{count}<td>{}</tr>", Escaped(name));
    }
    *page +=
        "</table>\n<h2>Bytes by function</h2>\n<table><tr><th>machine code<th>share<th>WebAssembly<th>function</tr>\n";
    for Function { name, wasm, native: bytes, .. } in report.functions.iter().take(ROWS) {
        let share = percent(*bytes, native);
        let _ = writeln!(page, "<tr><td>{bytes}<td>{share}<td>{wasm}<td>{}</tr>", Escaped(name));
    }
    *page += "</table>\n<h2>Data</h2>\n<table><tr><th>bytes<th>segment</tr>\n";
    for segment in report.data.iter().take(ROWS) {
        let _ = writeln!(page, "<tr><td>{}<td>{}</tr>", segment.bytes, Escaped(&segment.name));
    }
    *page += "</table>\n";
}

fn times(report: &Report, page: &mut String) {
    let executed = report.executed();
    *page += "<h2>Time by function</h2>\n<table><tr><th>blocks run<th>share<th>calls<th>function</tr>\n";
    for Function { name, entered, executed: blocks, .. } in report.busiest().into_iter().take(ROWS) {
        let share = percent(*blocks, executed);
        let _ = writeln!(page, "<tr><td>{blocks}<td>{share}<td>{entered}<td>{}</tr>", Escaped(name));
    }
    *page += "</table>\n<h2>Hot blocks</h2>\n<table><tr><th>count<th>offset in the body<th>function</tr>\n";
    for block in report.hot.iter().flatten() {
        let name = Escaped(&block.function);
        let _ = writeln!(page, "<tr><td>{}<td>0x{:x}<td>{name}</tr>", block.count, block.offset);
    }
    *page += "</table>\n";
}

/// Text in HTML. Characters that are no text, as names of modules may have, are shown by their numbers.
struct Escaped<'s>(&'s str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // Controls, and marks that turn the direction of what follows.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => write!(f, "{}", character.escape_unicode())?,
                character if character.is_control() => write!(f, "{}", character.escape_unicode())?,
                character => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_text() {
        assert_eq!(
            Escaped("</title><script>\"'&\0\u{202e}").to_string(),
            "&lt;/title&gt;&lt;script&gt;&quot;&#39;&amp;\\u{0}\\u{202e}"
        );
    }
}
