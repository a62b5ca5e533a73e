//! The look of a form: A4, a title, and a bordered table of labels and fields.
//!
//! Every run names its East Asian font, since Word takes another one for it
//! otherwise, and every width stands in the grid too, where WPS looks for it.

use docx_rs::{
    AlignmentType, Docx, Footer, HeightRule, LineSpacing, LineSpacingType, PageMargin, PageNum, Paragraph, Run,
    RunFonts, Table, TableAlignmentType, TableCell, TableCellMargins, TableLayoutType, TableRow, VAlignType, WidthType,
};

/// A4 and its margins, in twentieths of a point.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN_X: i32 = 1_247;
const MARGIN_Y: i32 = 1_134;

/// Label, field, label, field.
const LABEL: usize = 1_600;
const FIELD: usize = 3_106;

/// The least height of a row that holds one line.
const LINE: f32 = 500.0;

/// What a text is set in.
#[derive(Clone, Copy)]
enum Face {
    Title,
    Heading,
    Label,
    Field,
    Small,
    Fine,
}

impl Face {
    /// The font, and the size in half points.
    fn font(self) -> (&'static str, usize) {
        match self {
            Face::Title => ("黑体", 40),
            Face::Heading => ("黑体", 28),
            Face::Label => ("黑体", 22),
            Face::Field => ("仿宋", 24),
            Face::Small => ("宋体", 18),
            Face::Fine => ("宋体", 16),
        }
    }
}

/// Who is to put a name below a blank field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nobody.
    Nobody,
    /// Somebody, with the date.
    Dated,
}

/// The rows of a form's table.
#[derive(Default)]
pub(super) struct Grid {
    rows: Vec<TableRow>,
}

impl Grid {
    /// Two fields side by side; a text may have several lines, here and below.
    pub fn pair(&mut self, left: (&str, &str), right: (&str, &str)) {
        let cells = vec![
            label(left.0),
            lines(left.1, FIELD, 1, Face::Field),
            label(right.0),
            lines(right.1, FIELD, 1, Face::Field),
        ];
        self.rows.push(row(cells, LINE));
    }

    /// A field over the whole width.
    pub fn wide(&mut self, name: &str, text: &str) {
        self.rows.push(row(vec![label(name), lines(text, FIELD * 2 + LABEL, 3, Face::Field)], LINE));
    }

    /// A field that people fill in, so many lines high.
    pub fn blank(&mut self, name: &str, high: u8, sign: Sign) {
        let cell = sized(FIELD * 2 + LABEL, 3);
        let cell = match sign {
            Sign::Nobody => cell.add_paragraph(paragraph("", Face::Field)),
            Sign::Dated => {
                let line = paragraph("签字:              日期:      年    月    日", Face::Field);
                cell.vertical_align(VAlignType::Bottom).add_paragraph(line.align(AlignmentType::Right))
            }
        };
        self.rows.push(row(vec![label(name), cell], LINE * f32::from(high)));
    }

    fn table(self) -> Table {
        table(self.rows, vec![LABEL, FIELD, LABEL, FIELD])
    }
}

/// A list: a head, its rows, and the width of each column.
pub(super) struct List<'a> {
    pub title: &'a str,
    pub head: &'a [&'a str],
    pub widths: &'a [usize],
    pub rows: Vec<Vec<String>>,
}

impl List<'_> {
    fn table(&self) -> Table {
        let head = self.head.iter().zip(self.widths).map(|(name, width)| {
            let name = paragraph(name, Face::Fine).align(AlignmentType::Center);
            sized(*width, 1).vertical_align(VAlignType::Center).add_paragraph(name)
        });
        let mut rows = vec![row(head.collect(), LINE)];
        for cells in &self.rows {
            let cells = cells.iter().zip(self.widths).map(|(text, width)| lines(text, *width, 1, Face::Fine));
            rows.push(row(cells.collect(), LINE));
        }
        table(rows, self.widths.to_vec()).margins(TableCellMargins::new().margin(40, 60, 40, 60))
    }
}

/// A form: its title, its table, a remark beneath, and lists.
pub(super) fn form(title: &str, grid: Grid, remark: &str, lists: &[List<'_>]) -> Docx {
    let page_number = Paragraph::new().add_page_num(PageNum::new()).align(AlignmentType::Center);
    let mut docx = Docx::new()
        .page_size(PAGE.0, PAGE.1)
        .page_margin(PageMargin {
            top: MARGIN_Y,
            bottom: MARGIN_Y,
            left: MARGIN_X,
            right: MARGIN_X,
            header: 567,
            footer: 567,
            gutter: 0,
        })
        .default_fonts(fonts("宋体"))
        .footer(Footer::new().add_paragraph(page_number))
        .add_paragraph(headline(title, Face::Title))
        .add_table(grid.table())
        .add_paragraph(paragraph(remark, Face::Small).line_spacing(LineSpacing::new().before(120)));
    for list in lists {
        docx = docx.add_paragraph(headline(list.title, Face::Heading)).add_table(list.table());
    }
    // Word wants a paragraph behind the last table.
    docx.add_paragraph(paragraph("", Face::Small))
}

fn headline(title: &str, face: Face) -> Paragraph {
    paragraph(title, face)
        .align(AlignmentType::Center)
        .keep_next(true)
        .line_spacing(LineSpacing::new().before(120).after(200))
}

fn table(rows: Vec<TableRow>, grid: Vec<usize>) -> Table {
    let width = grid.iter().sum();
    Table::new(rows)
        .set_grid(grid)
        .width(width, WidthType::Dxa)
        .layout(TableLayoutType::Fixed)
        .align(TableAlignmentType::Center)
        .margins(TableCellMargins::new().margin(40, 90, 40, 90))
}

fn row(cells: Vec<TableCell>, least: f32) -> TableRow {
    TableRow::new(cells).row_height(least).height_rule(HeightRule::AtLeast).cant_split()
}

fn sized(width: usize, columns: usize) -> TableCell {
    let cell = TableCell::new().width(width, WidthType::Dxa);
    if columns > 1 { cell.grid_span(columns) } else { cell }
}

/// A name may stand on several lines.
fn label(name: &str) -> TableCell {
    let cell = sized(LABEL, 1).vertical_align(VAlignType::Center);
    name.lines().fold(cell, |cell, line| cell.add_paragraph(paragraph(line, Face::Label).align(AlignmentType::Center)))
}

fn lines(text: &str, width: usize, columns: usize, face: Face) -> TableCell {
    let cell = sized(width, columns).vertical_align(VAlignType::Center);
    // An empty text is one line: a cell without a paragraph is no cell.
    text.split('\n').fold(cell, |cell, line| cell.add_paragraph(paragraph(line, face)))
}

fn paragraph(text: &str, face: Face) -> Paragraph {
    let (font, size) = face.font();
    // XML knows no control characters, whatever a store has in its cells.
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let text = typeset(&text);
    Paragraph::new()
        .line_spacing(LineSpacing::new().line(280).line_rule(LineSpacingType::Auto))
        .add_run(Run::new().add_text(text).fonts(fonts(font)).size(size))
}

fn fonts(font: &str) -> RunFonts {
    RunFonts::new().east_asia(font).ascii(font).hi_ansi(font).hint("eastAsia")
}

/// Marks of half width, and the same of full width.
const MARKS: [(char, char); 3] = [(',', '\u{ff0c}'), (':', '\u{ff1a}'), (';', '\u{ff1b}')];
const BRACKETS: (char, char) = ('\u{ff08}', '\u{ff09}');

/// Punctuation as print has it: full width beside Chinese, and as it was beside
/// digits and letters. A bracket closes as it opened.
fn typeset(text: &str) -> String {
    let is_wide = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3001}'..='\u{3015}' | '\u{ff01}'..='\u{ff1f}');
    let all: Vec<char> = text.chars().collect();
    let mut set = String::with_capacity(text.len());
    let mut opened = Vec::new();
    for (at, &c) in all.iter().enumerate() {
        let after_wide = set.chars().next_back().is_some_and(is_wide);
        let before_wide = all.get(at + 1).copied().is_some_and(is_wide);
        let mark = MARKS.iter().find(|(narrow, _)| *narrow == c);
        set.push(match (c, mark) {
            ('(', _) => {
                opened.push(after_wide || before_wide);
                if after_wide || before_wide { BRACKETS.0 } else { c }
            }
            (')', _) if opened.pop().unwrap_or(false) => BRACKETS.1,
            (_, Some((_, wide))) if after_wide => *wide,
            _ => c,
        });
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typeset_widens_what_stands_beside_chinese_and_nothing_else() {
        let rows = [
            ("甲站:5件,不满意(重办)0件", "甲站\u{ff1a}5件\u{ff0c}不满意\u{ff08}重办\u{ff09}0件"),
            ("签字;于2026-07-01 24:00前", "签字\u{ff1b}于2026-07-01 24:00前"),
            ("(一案一档)", "\u{ff08}一案一档\u{ff09}"),
            ("供水/水压(A-1),乙", "供水/水压\u{ff08}A-1\u{ff09}\u{ff0c}乙"),
            ("A(1), b: c)", "A(1), b: c)"),
        ];
        for (text, expected) in rows {
            assert_eq!(typeset(text), expected);
        }
    }
}
