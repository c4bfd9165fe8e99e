-- Search texts and the names by which contacts are sorted know no strokes and ligatures any more: `ostland` finds ØSTLAND.
-- They are stored folded already, in lower case and without accents; what is left is exactly these letters.

UPDATE contact_search SET text =
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(text,
        'ø', 'o'), 'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'ł', 'l'), 'đ', 'd'), 'ð', 'd'), 'þ', 'th'), 'ħ', 'h'), 'ŧ', 't'), 'ı', 'i')
WHERE text GLOB '*[øæœßłđðþħŧı]*';

UPDATE activity_search SET text =
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(text,
        'ø', 'o'), 'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'ł', 'l'), 'đ', 'd'), 'ð', 'd'), 'þ', 'th'), 'ħ', 'h'), 'ŧ', 't'), 'ı', 'i')
WHERE text GLOB '*[øæœßłđðþħŧı]*';

UPDATE contact SET name_key =
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(name_key,
        'ø', 'o'), 'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'ł', 'l'), 'đ', 'd'), 'ð', 'd'), 'þ', 'th'), 'ħ', 'h'), 'ŧ', 't'), 'ı', 'i')
WHERE name_key GLOB '*[øæœßłđðþħŧı]*';

-- Values are compared letter by letter as well: `company:ostland`. Companies in letters from a to z alone are found by
-- their own index (contact_company), the others by this one.
CREATE INDEX IF NOT EXISTS contact_company_letters ON contact (company) WHERE octet_length(company) > length(company);
