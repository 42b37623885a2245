//! A line of CSV, in which no spreadsheet finds a formula.

use std::io;

use tickets::model::escape_formula;

pub(super) fn csv_line<T: AsRef<str>>(cells: &[T]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(
        cells
            .iter()
            .map(|cell| escape_formula(cell.as_ref()).into_owned()),
    )?;
    let bytes = writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_csv_are_quoted_where_needed() {
        assert_eq!(
            csv_line(&["a", "b,\"c\"\nd"]).unwrap(),
            "a,\"b,\"\"c\"\"\nd\"\n"
        );
    }
}
