//! Every problem of a rule.
