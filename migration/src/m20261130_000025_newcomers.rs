//! Whom of those who are made in Odoo a pull took over, so that all are looked at anew once more of them are to come. Empty: nobody, or
//! nobody wrote it down yet.

crate::dialect::migration! {
    up: r#"
ALTER TABLE sync_pull ADD COLUMN newcomers text;;
"#,
    down: r#"
ALTER TABLE sync_pull DROP COLUMN newcomers;;
"#,
}
