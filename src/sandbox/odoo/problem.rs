//! What Python would have raised, with the words of the recordings.

/// An exception. Its class decides the code of XML-RPC and the status of JSON-2.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// The class with its module, such as `odoo.exceptions.UserError`.
    pub class: &'static str,
    /// Its message.
    pub message: String,
}

impl Problem {
    fn new(class: &'static str, message: impl Into<String>) -> Problem {
        Problem { class, message: message.into() }
    }

    pub fn value(message: impl Into<String>) -> Problem {
        Problem::new("builtins.ValueError", message)
    }
    pub fn python_type(message: impl Into<String>) -> Problem {
        Problem::new("builtins.TypeError", message)
    }
    pub fn attribute(message: impl Into<String>) -> Problem {
        Problem::new("builtins.AttributeError", message)
    }
    pub fn key(message: impl Into<String>) -> Problem {
        Problem::new("builtins.KeyError", message)
    }
    pub fn name(message: impl Into<String>) -> Problem {
        Problem::new("builtins.NameError", message)
    }
    pub fn expat(message: impl Into<String>) -> Problem {
        Problem::new("xml.parsers.expat.ExpatError", message)
    }
    pub fn user(message: impl Into<String>) -> Problem {
        Problem::new("odoo.exceptions.UserError", message)
    }
    pub fn validation(message: impl Into<String>) -> Problem {
        Problem::new("odoo.exceptions.ValidationError", message)
    }
    pub fn access(message: impl Into<String>) -> Problem {
        Problem::new("odoo.exceptions.AccessError", message)
    }
    pub fn denied() -> Problem {
        Problem::new("odoo.exceptions.AccessDenied", "Access Denied")
    }
    pub fn not_found(message: impl Into<String>) -> Problem {
        Problem::new("werkzeug.exceptions.NotFound", message)
    }
    pub fn unauthorized(message: impl Into<String>) -> Problem {
        Problem::new("werkzeug.exceptions.Unauthorized", message)
    }
    pub fn unprocessable(message: impl Into<String>) -> Problem {
        Problem::new("werkzeug.exceptions.UnprocessableEntity", message)
    }
    pub fn bad_request(message: impl Into<String>) -> Problem {
        Problem::new("werkzeug.exceptions.BadRequest", message)
    }
    pub fn unknown_database(name: &str) -> Problem {
        let text = format!(
            "connection to server at \"db.example.test\", port 5432 failed: FATAL:  database \"{name}\" does not exist\n"
        );
        Problem::new("psycopg2.OperationalError", text)
    }
    /// Two transactions wanted the same record (rules 26 and 33).
    pub fn conflict() -> Problem {
        Problem::new(
            "psycopg2.errors.SerializationFailure",
            "could not serialize access due to concurrent update\n",
        )
    }
    pub fn missing(model: &str, ids: &[i64], uid: i64) -> Problem {
        let ids = match ids {
            [one] => format!("{one},"),
            many => many.iter().map(i64::to_string).collect::<Vec<_>>().join(", "),
        };
        let text =
            format!("Record does not exist or has been deleted.\n(Record: {model}({ids}), User: {uid})");
        Problem::new("odoo.exceptions.MissingError", text)
    }

    /// Whether a rule of the business said no, as all of the family of `UserError` do.
    pub fn is_said_by_rules(&self) -> bool {
        self.code() != 1 && !self.is_of_database()
    }

    /// Whether the database refused a query, which leaves an ERROR in the server's log.
    pub fn is_of_database(&self) -> bool {
        self.message.starts_with("The operation cannot be completed: ") || self.class.starts_with("psycopg2.")
    }

    /// Class without its module.
    fn short(&self) -> &str {
        self.class.rsplit('.').next().unwrap_or(self.class)
    }

    /// Status and reason of an exception of the web layer.
    fn web(&self) -> Option<(u16, &'static str)> {
        Some(match self.class.strip_prefix("werkzeug.exceptions.")? {
            "NotFound" => (404, "Not Found"),
            "Unauthorized" => (401, "Unauthorized"),
            "UnprocessableEntity" => (422, "Unprocessable Entity"),
            _ => (400, "Bad Request"),
        })
    }

    /// The status over JSON-2 (rule 3).
    pub fn status(&self) -> u16 {
        match (self.web(), self.short()) {
            (Some((status, _)), _) => status,
            (None, "AccessError" | "AccessDenied") => 403,
            (None, "MissingError") => 404,
            (None, "UserError" | "ValidationError") => 422,
            (None, _) => 500,
        }
    }

    /// The code over XML-RPC (rule 34).
    pub fn code(&self) -> i64 {
        match self.short() {
            "UserError" | "ValidationError" | "MissingError" => 2,
            "AccessDenied" => 3,
            "AccessError" => 4,
            _ => 1,
        }
    }

    /// `arguments`, as far as it is more than the message.
    pub fn argument(&self) -> Option<u16> {
        self.web().map(|(status, _)| status)
    }

    /// The traceback, with the frames of the language.
    pub fn traceback(&self, frames: &[&str]) -> String {
        let mut text = String::from("Traceback (most recent call last):\n");
        for frame in frames {
            text.push_str(&format!("  File \"{frame}\n"));
        }
        let class = self.class.strip_prefix("builtins.").unwrap_or(self.class);
        let message = match self.web() {
            Some((status, reason)) => format!("{status} {reason}: {}", self.message),
            None if self.short() == "KeyError" => format!("'{}'", self.message),
            None => self.message.clone(),
        };
        text + &format!("{class}: {message}\n")
    }
}
