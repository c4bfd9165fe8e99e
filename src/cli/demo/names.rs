//! Lists of names, companies and places. None is anybody's: every address ends in `.test`.

/// Given names.
#[rustfmt::skip] // a list of words
pub const FIRST: [&str; 64] = [
    "Ingrid", "Mateus", "Yuki", "Amara", "Lukas", "Priya", "Håkon", "Sofía", "Callum", "Mei", "Tomasz", "Zainab",
    "Elias", "Noémie", "Rohan", "Astrid", "Kwame", "Giulia", "Oskar", "Leila", "Hiroshi", "Freya", "Diego", "Anneke",
    "Samir", "Clara", "Tariq", "Saoirse", "Jürgen", "Nadia", "Finn", "Valentina", "Kofi", "Maja", "Andrés", "Hyejin",
    "Pavel", "Imogen", "Bilal", "Linnéa", "Theo", "Ayesha", "Gunnar", "Chiara", "Arjun", "Rosalind", "Emil", "Fatima",
    "Stefan", "Naomi", "Viggo", "Isabela", "Omar", "Greta", "Wei", "Beatriz", "Søren", "Tamsin", "Ivo", "Marguerite",
    "Dinesh", "Elspeth", "Rasmus", "Oluwaseun",
];

/// Family names.
#[rustfmt::skip] // a list of words
pub const LAST: [&str; 72] = [
    "Aalto", "Okonkwo", "Brandvold", "Castellanos", "Dahlgren", "Eriksen", "Ferreira", "Gallagher", "Hoffmann",
    "Ibarra", "Jankowski", "Kobayashi", "Lindqvist", "Mukherjee", "Nyström", "O'Donnell", "Petrova", "Quiroga",
    "Rosenthal", "Sato", "Thorvaldsen", "Ueda", "Vasquez", "Whitcombe", "Xavier", "Yılmaz", "Zimmermann", "Abernathy",
    "Bergström", "Chaudhry", "de Vries", "Engström", "Fontaine", "García", "Haraldsen", "Ishikawa", "Jørgensen",
    "Kowalczyk", "Laurent", "Marchetti", "Nakamura", "Oyelaran", "Papadakis", "Rautio", "Schneider", "Tanaka",
    "Underwood", "van den Berg", "Wójcik", "Zhang", "Ashdown", "Blomqvist", "Carvalho", "Delacroix", "Espinoza",
    "Falkenberg", "Grimaldi", "Holloway", "Iversen", "Jansson", "Kaczmarek", "Löfgren", "MacAllister", "Novák",
    "Olafsson", "Pemberton", "Rahman", "Sandoval", "Tremblay", "Vestergaard", "Winterbourne", "Amundsen",
];

/// Zone, country, and the pattern of a mobile number.
pub const PLACES: [(&str, &str, &str); 16] = [
    ("Europe/Oslo", "Norway", "+4798######"),
    ("Europe/Stockholm", "Sweden", "+4670#######"),
    ("Europe/Copenhagen", "Denmark", "+4520######"),
    ("Europe/Berlin", "Germany", "+49151########"),
    ("Europe/London", "United Kingdom", "+447400######"),
    ("Europe/Paris", "France", "+33612######"),
    ("Europe/Madrid", "Spain", "+34612######"),
    ("Europe/Amsterdam", "Netherlands", "+31612######"),
    ("America/New_York", "United States", "+12126######"),
    ("America/Chicago", "United States", "+13124######"),
    ("America/Los_Angeles", "United States", "+14157######"),
    ("America/Toronto", "Canada", "+14165######"),
    ("America/Sao_Paulo", "Brazil", "+551198#######"),
    ("Asia/Tokyo", "Japan", "+8190########"),
    ("Asia/Kolkata", "India", "+9198########"),
    ("Australia/Sydney", "Australia", "+61412######"),
];

/// Name, domain, place (an index into [`PLACES`]), and size in words.
pub const COMPANIES: [(&str, &str, usize, &str); 48] = [
    ("Fjordlight Analytics", "fjordlight.test", 0, "51-200"),
    ("Maple & Rivet", "mapleandrivet.test", 11, "11-50"),
    ("Kumo Logistics", "kumologistics.test", 13, "201-500"),
    ("Brackenfield Schools", "brackenfield.test", 4, "501-1000"),
    ("Tessera Health", "tesserahealth.test", 8, "201-500"),
    ("Nordkapp Seafood", "nordkappseafood.test", 0, "51-200"),
    ("Aurora Grid", "auroragrid.test", 1, "1001+"),
    ("Pelican Freight", "pelicanfreight.test", 9, "201-500"),
    ("Sundial Robotics", "sundialrobotics.test", 3, "11-50"),
    ("Oakhurst Legal", "oakhurstlegal.test", 4, "11-50"),
    ("Casa Verde Foods", "casaverde.test", 12, "51-200"),
    ("Blue Heron Software", "blueheron.test", 10, "1-10"),
    ("Lattice Insurance", "latticeinsurance.test", 2, "501-1000"),
    ("Monsoon Textiles", "monsoontextiles.test", 14, "1001+"),
    ("Copper Kettle Cafés", "copperkettle.test", 15, "51-200"),
    ("Helios Solar", "heliossolar.test", 6, "51-200"),
    ("Granite & Sons", "graniteandsons.test", 11, "11-50"),
    ("Velvet Antler", "velvetantler.test", 1, "1-10"),
    ("Quayside Bank", "quaysidebank.test", 4, "1001+"),
    ("Tulip Mobility", "tulipmobility.test", 7, "51-200"),
    ("Paperboat Media", "paperboat.test", 5, "11-50"),
    ("Ironwood Builders", "ironwoodbuilders.test", 9, "201-500"),
    ("Sakura Games", "sakuragames.test", 13, "51-200"),
    ("Wattle Creek Wines", "wattlecreek.test", 15, "11-50"),
    ("Northbound Rail", "northboundrail.test", 3, "1001+"),
    ("Lighthouse Clinics", "lighthouseclinics.test", 8, "501-1000"),
    ("Juniper Street Design", "juniperstreet.test", 10, "1-10"),
    ("Saffron Kitchens", "saffronkitchens.test", 14, "51-200"),
    ("Basalt Security", "basaltsecurity.test", 7, "11-50"),
    ("Skerry Marine", "skerrymarine.test", 0, "51-200"),
    ("Provence Parfums", "provenceparfums.test", 5, "11-50"),
    ("Andes Outfitters", "andesoutfitters.test", 6, "51-200"),
    ("Hygge Homes", "hyggehomes.test", 2, "11-50"),
    ("Great Lakes Supply", "greatlakessupply.test", 9, "201-500"),
    ("Thistledown Press", "thistledown.test", 4, "1-10"),
    ("Rheingold Chemie", "rheingoldchemie.test", 3, "1001+"),
    ("Polder Engineering", "polderengineering.test", 7, "201-500"),
    ("Birch Payroll", "birchpayroll.test", 1, "51-200"),
    ("Redwood Recruiting", "redwoodrecruiting.test", 10, "11-50"),
    ("Harbourfront Hotels", "harbourfronthotels.test", 11, "501-1000"),
    ("Ipanema Fitness", "ipanemafitness.test", 12, "51-200"),
    ("Lotus Pharma", "lotuspharma.test", 14, "501-1000"),
    ("Kingfisher Travel", "kingfishertravel.test", 15, "11-50"),
    ("Hudson Street Capital", "hudsonstreet.test", 8, "51-200"),
    ("Montmartre Mode", "montmartremode.test", 5, "11-50"),
    ("Sierra Software", "sierrasoftware.test", 6, "51-200"),
    ("Tinderbox Energy", "tinderboxenergy.test", 2, "201-500"),
    ("Snowdrop Nurseries", "snowdropnurseries.test", 4, "11-50"),
];

/// Positions.
#[rustfmt::skip] // a list of words
pub const TITLES: [&str; 20] = [
    "Head of Sales", "Operations Manager", "Chief Executive Officer", "RevOps Lead", "Marketing Manager",
    "IT Director", "Account Executive", "Founder", "VP Marketing", "Customer Success Lead",
    "Sales Development Manager", "Office Manager", "Chief Technology Officer", "Procurement Specialist",
    "Growth Marketer", "Finance Director", "Product Manager", "Head of Partnerships", "CRM Administrator",
    "Managing Director",
];

/// First name, last name, email, company and place of people whose names break careless programs: other scripts, wide
/// and combined characters, control characters, quotes, and far too much of everything.
pub const ODD: [(&str, &str, &str, &str, usize); 12] = [
    ("太郎", "山田", "taro.yamada@kumologistics.test", "株式会社クモ物流", 13),
    ("晓明", "王", "xiaoming.wang@lotuspharma.test", "莲花制药有限公司", 14),
    ("민준", "김", "minjun.kim@sakuragames.test", "사쿠라 게임즈", 13),
    ("محمد", "الأنصاري", "mohammed.alansari@basaltsecurity.test", "Basalt Security", 7),
    ("Zoë 🚀", "Ünal-Åström", "zoe.unal@velvetantler.test", "Velvet Antler ✨", 1),
    ("👩‍💻 Dev", "Patel 🇮🇳", "dev.patel@monsoontextiles.test", "Monsoon Textiles", 14),
    ("Robert'); DROP TABLE contact;--", "Tables", "bobby@brackenfield.test", "Brackenfield Schools", 4),
    ("\u{1b}[31mRed\u{1b}[0m", "Alert\u{7}", "red.alert@basaltsecurity.test", "Escape\u{1b}]0;gotcha\u{7} Room", 7),
    ("<b>Bold</b>", "=HYPERLINK(\"http://x.test\")", "bold@blueheron.test", "@SUM(1+1)*cmd|' /C calc'!A0", 10),
    (
        "Zalgo\u{0301}\u{0302}\u{0303}\u{0308}\u{030a}",
        "T\u{0336}e\u{0336}s\u{0336}t",
        "zalgo@paperboat.test",
        "Paperboat",
        5,
    ),
    ("\u{202e}drawkcaB", "Override\u{202c}", "override@sundialrobotics.test", "Sundial\u{200b}Robotics", 3),
    (
        "Wolfeschlegelsteinhausen",
        "Bergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewarenwohlgepflegeundsorgfaltigkeitbeschutzen",
        "wolfe@rheingoldchemie.test",
        "Rheingold Chemie Vermögensverwaltungs- und Beteiligungsgesellschaft mit beschränkter Haftung & Co. KG",
        3,
    ),
];
