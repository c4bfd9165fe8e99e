//! From tokens to the tree, by recursive descent.

use super::ast::{
    Aggregate, Comparison, Condition, Function, Literal, Operand, Order, Path, Query, Scope, Selected, Set,
};
use super::dates::is_range;
use super::lexer::{Token, plain, tokens};
use super::{MAX_STATEMENT, SoqlError};

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 60;
/// The farthest OFFSET (Salesforce: SOQL limits).
const MAX_OFFSET: usize = 2_000;
/// Words that end the FROM clause, so that they are not read as its alias.
const CLAUSES: [&str; 9] = ["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "WITH", "USING"];

type Parsed<T> = Result<T, SoqlError>;

/// Parses a statement.
pub fn parse(text: &str) -> Parsed<Query> {
    if text.chars().count() > MAX_STATEMENT {
        let message = format!("SOQL statements cannot be longer than {MAX_STATEMENT} characters.");
        return Err(SoqlError::whole("MALFORMED_QUERY", message));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    if !parser.peek_word("SELECT") {
        return Err(parser.unexpected());
    }
    let query = parser.query()?;
    match parser.peek() {
        Token::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.next + ahead).min(last)].0
    }

    fn position(&self) -> usize {
        self.tokens[self.next.min(self.tokens.len() - 1)].1
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn unexpected(&self) -> SoqlError {
        let message = match self.peek() {
            Token::End => "unexpected end of query".to_owned(),
            token => format!("unexpected token: '{}'", token.shown()),
        };
        SoqlError::malformed(message, self.position())
    }

    fn peek_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek_word(word);
        self.next += usize::from(found);
        found
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = "Query is either selecting too many fields or the filter conditions are too complicated.";
            return Err(SoqlError::whole("QUERY_TOO_COMPLICATED", message));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn query(&mut self) -> Parsed<Query> {
        self.expect_word("SELECT")?;
        let mut select = vec![self.selected()?];
        while self.take(",") {
            select.push(self.selected()?);
        }
        self.expect_word("FROM")?;
        let from = self.path()?;
        let alias = self.alias(&CLAUSES);
        let condition = if self.take_word("WHERE") { Some(self.condition()?) } else { None };
        let mut query = Query {
            select,
            from,
            alias,
            condition,
            group_by: Vec::new(),
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: 0,
        };
        if self.take_word("GROUP") {
            self.expect_word("BY")?;
            query.group_by.push(self.path()?);
            while self.take(",") {
                query.group_by.push(self.path()?);
            }
            if self.take_word("HAVING") {
                query.having = Some(self.condition()?);
            }
        }
        if self.take_word("ORDER") {
            self.expect_word("BY")?;
            query.order_by.push(self.order()?);
            while self.take(",") {
                query.order_by.push(self.order()?);
            }
        }
        if self.take_word("LIMIT") {
            query.limit = Some(self.whole_number()?);
        }
        if self.take_word("OFFSET") {
            let at = self.position();
            query.offset = self.whole_number()?;
            if query.offset > MAX_OFFSET {
                let message = format!("Maximum SOQL offset allowed is {MAX_OFFSET}");
                return Err(SoqlError::at("NUMBER_OUTSIDE_VALID_RANGE", message, at));
            }
        }
        if self.take_word("FOR") && !self.take_word("VIEW") && !self.take_word("REFERENCE") {
            return Err(self.unexpected());
        }
        Ok(query)
    }

    fn whole_number(&mut self) -> Parsed<usize> {
        match self.peek() {
            Token::Number(number) if *number >= 0.0 && number.fract() == 0.0 && *number <= f64::from(i32::MAX) => {
                let number = *number as usize;
                self.next += 1;
                Ok(number)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn alias(&mut self, stop: &[&str]) -> Option<String> {
        match self.peek() {
            Token::Word(word) if !stop.iter().any(|clause| word.eq_ignore_ascii_case(clause)) => {
                let word = word.clone();
                self.next += 1;
                Some(word)
            }
            _ => None,
        }
    }

    fn selected(&mut self) -> Parsed<Selected> {
        let at = self.position();
        if self.take("(") {
            let query = self.deeper(Self::query)?;
            self.expect(")")?;
            return Ok(Selected::Children(Box::new(query), at));
        }
        if self.peek_word("FIELDS") && *self.peek_at(1) == Token::Symbol("(") {
            self.next += 2;
            let scope = match self.advance() {
                Token::Word(word) if word.eq_ignore_ascii_case("ALL") => Scope::All,
                Token::Word(word) if word.eq_ignore_ascii_case("STANDARD") => Scope::Standard,
                Token::Word(word) if word.eq_ignore_ascii_case("CUSTOM") => Scope::Custom,
                _ => {
                    self.next -= 1;
                    return Err(self.unexpected());
                }
            };
            self.expect(")")?;
            return Ok(Selected::Fields(scope, at));
        }
        match self.operand()? {
            Operand::Field(path) => Ok(Selected::Field(path, self.alias(&["FROM"]))),
            Operand::Function(function) => Ok(Selected::Function(function, self.alias(&["FROM"]))),
        }
    }

    fn operand(&mut self) -> Parsed<Operand> {
        let at = self.position();
        if *self.peek_at(1) != Token::Symbol("(") {
            return Ok(Operand::Field(self.path()?));
        }
        let Token::Word(name) = self.peek() else { return Err(self.unexpected()) };
        let kind = match name.to_ascii_uppercase().as_str() {
            "COUNT" => Aggregate::Count,
            "COUNT_DISTINCT" => Aggregate::CountDistinct,
            "MIN" => Aggregate::Min,
            "MAX" => Aggregate::Max,
            "SUM" => Aggregate::Sum,
            "AVG" => Aggregate::Avg,
            _ => return Err(self.unexpected()),
        };
        self.next += 2;
        let bare = kind == Aggregate::Count && *self.peek() == Token::Symbol(")");
        let field = if bare { None } else { Some(self.path()?) };
        self.expect(")")?;
        Ok(Operand::Function(Function { kind, field, at }))
    }

    fn path(&mut self) -> Parsed<Path> {
        let at = self.position();
        let mut parts = vec![self.name()?];
        while self.take(".") {
            parts.push(self.name()?);
        }
        Ok(Path { parts, at })
    }

    fn name(&mut self) -> Parsed<String> {
        match self.peek() {
            Token::Word(word) if !["FROM", "WHERE", "SELECT"].iter().any(|key| word.eq_ignore_ascii_case(key)) => {
                let word = word.clone();
                self.next += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// AND and OR cannot be mixed without parentheses.
    fn condition(&mut self) -> Parsed<Condition> {
        let first = self.simple_condition()?;
        for (word, combine) in
            [("AND", Condition::And as fn(Vec<Condition>) -> Condition), ("OR", Condition::Or as fn(_) -> _)]
        {
            if self.peek_word(word) {
                let mut all = vec![first];
                while self.take_word(word) {
                    all.push(self.simple_condition()?);
                }
                return if self.peek_word("AND") || self.peek_word("OR") {
                    Err(self.unexpected())
                } else {
                    Ok(combine(all))
                };
            }
        }
        Ok(first)
    }

    fn simple_condition(&mut self) -> Parsed<Condition> {
        if self.take_word("NOT") {
            return Ok(Condition::Not(Box::new(self.deeper(Self::simple_condition)?)));
        }
        if self.take("(") {
            let inner = self.deeper(Self::condition)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let operand = self.operand()?;
        let negated = self.take_word("NOT");
        if self.take_word("IN") {
            return Ok(Condition::In(operand, negated, self.set()?));
        }
        if negated {
            return Err(self.unexpected());
        }
        for (word, negated) in [("INCLUDES", false), ("EXCLUDES", true)] {
            if self.take_word(word) {
                return Ok(Condition::Includes(operand, negated, self.texts()?));
            }
        }
        let comparison = self.comparison()?;
        let at = self.position();
        Ok(Condition::Compare(operand, comparison, self.literal()?, at))
    }

    fn comparison(&mut self) -> Parsed<Comparison> {
        if self.take_word("LIKE") {
            return Ok(Comparison::Like);
        }
        let comparison = match self.peek() {
            Token::Symbol("=") => Comparison::Equal,
            Token::Symbol("!=" | "<>") => Comparison::NotEqual,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::LessOrEqual,
            Token::Symbol(">") => Comparison::Greater,
            Token::Symbol(">=") => Comparison::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(comparison)
    }

    fn set(&mut self) -> Parsed<Set> {
        self.expect("(")?;
        if self.peek_word("SELECT") {
            let query = self.deeper(Self::query)?;
            self.expect(")")?;
            return Ok(Set::Query(Box::new(query)));
        }
        let mut list = Vec::new();
        loop {
            let at = self.position();
            list.push((self.literal()?, at));
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(Set::List(list))
    }

    fn texts(&mut self) -> Parsed<Vec<String>> {
        match self.set()? {
            Set::List(list) => list
                .into_iter()
                .map(|(literal, at)| match literal {
                    Literal::Text(text) => Ok(plain(&text)),
                    _ => Err(SoqlError::malformed("INCLUDES and EXCLUDES take string literals", at)),
                })
                .collect(),
            Set::Query(_) => Err(self.unexpected()),
        }
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let literal = match self.peek().clone() {
            Token::Text(text) => Literal::Text(text),
            Token::Number(number) => Literal::Number(number),
            Token::Date(date) => Literal::Date(date),
            Token::DateTime(at) => Literal::DateTime(at),
            Token::Word(word) => return self.word_literal(&word),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(literal)
    }

    fn word_literal(&mut self, word: &str) -> Parsed<Literal> {
        let word = word.to_ascii_uppercase();
        let literal = match word.as_str() {
            "NULL" => Literal::Null,
            "TRUE" => Literal::Bool(true),
            "FALSE" => Literal::Bool(false),
            _ if is_range(&word, false) => Literal::Range(word, None),
            _ if is_range(&word, true) && *self.peek_at(1) == Token::Symbol(":") => {
                self.next += 2;
                let count = self.whole_number()?;
                return Ok(Literal::Range(word, i64::try_from(count).ok()));
            }
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(literal)
    }

    fn order(&mut self) -> Parsed<Order> {
        let by = self.operand()?;
        let descending = self.take_word("DESC");
        if !descending {
            self.take_word("ASC");
        }
        let mut nulls_last = false;
        if self.take_word("NULLS") {
            nulls_last = self.take_word("LAST");
            if !nulls_last {
                self.expect_word("FIRST")?;
            }
        }
        Ok(Order { by, descending, nulls_last })
    }
}
