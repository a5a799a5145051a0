"""What others call the columns that linkage reads: `prepare` knows one name of each, a file may use any of these."""

import re

import polars as pl

NAMES: dict[str, tuple[str, ...]] = {
    "name": ("fullname", "customername", "customer", "displayname", "personname", "contactname", "姓名", "客户姓名"),
    "given_name": ("givenname", "firstname", "fname", "forename", "first", "given", "christianname", "名"),
    "surname": ("surname", "lastname", "lname", "familyname", "last", "family", "sname", "姓"),
    "email": ("email", "emailaddress", "mail", "mailaddress", "邮箱", "电子邮箱"),
    "phone": ("phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "cell", "cellphone", "手机", "手机号", "电话"),
    "country": ("country", "countrycode"),
    "region": ("region", "state", "province", "statecode", "county", "省"),
    "city": ("city", "town", "suburb", "locality", "place", "municipality", "市"),
    "street_number": ("streetnumber", "streetno", "housenumber", "houseno", "number"),
    "street": ("street", "streetname", "address1", "addressline1", "road"),
    "address": ("address", "address2", "addressline2", "fulladdress", "streetaddress", "地址"),
    "postcode": ("postcode", "postalcode", "zip", "zipcode", "plz", "postcodefake", "邮编"),
    "birth_date": ("birthdate", "dateofbirth", "dob", "born", "birthday", "bday", "生日", "出生日期"),
    "birth_place": ("birthplace", "placeofbirth"),
    "national_id": ("nationalid", "ssn", "socsecid", "socialsecuritynumber", "nino", "taxid", "身份证", "身份证号"),
    "loyalty_id": ("loyaltyid", "membernumber", "memberid", "cardnumber", "会员号"),
    "occupation": ("occupation", "job", "profession", "jobtitle"),
}
_BY_HEADER = {word: name for name, words in NAMES.items() for word in (name.replace("_", ""), *words)}


def as_read(records: pl.DataFrame) -> pl.DataFrame:
    """`records` with its columns as `prepare` calls them. Of two that mean the same, the one of `prepare`'s own name is read,
    else the first; what means nothing here keeps its name."""
    found = {column: _BY_HEADER.get(re.sub(r"[\W_]+", "", column.casefold())) for column in records.columns}
    taken = {name for column, name in found.items() if name == column}
    renamed: dict[str, str] = {}
    for column, name in found.items():
        if name and name not in taken:
            taken.add(name)
            renamed[column] = name
    return records.rename(renamed)
