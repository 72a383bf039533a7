"""What the columns of logs are called: one table, the names that win first.

Case, `_`, `-`, `.` and spaces do not count.
"""

import re
from collections.abc import Sequence

LABEL = "label"

ROLES: dict[str, tuple[str, ...]] = {
    "user": (
        *("user", "userid", "uid", "reviewerid", "reviewer", "visitorid", "visitor"),
        *("customerid", "customer", "memberid", "member", "accountid", "account", "clientid"),
        *("client", "profileid", "playerid", "player", "listenerid", "listener", "readerid"),
        *("viewerid", "buyerid", "shopperid", "subscriberid", "personid", "studentid", "learnerid"),
        *("authorid", "username", "login", "useridx", "useridindex", "userindex"),
        *("fulluserid", "fullvisitorid", "deviceid", "cookieid", "msno", "steamid", "userhash"),
        *("sessionid", "session", "basketid", "orderid", "invoiceno", "invoice", "cartid"),
        *("custid", "customerno", "customercode"),
    ),
    "item": (
        *("item", "itemid", "iid", "movieid", "movie", "parentasin", "asin", "productid"),
        *("product", "trackid", "track", "songid", "song", "businessid", "business", "artistid"),
        *("artist", "bookid", "book", "isbn", "gameid", "game", "appid", "app", "contentid"),
        *("content", "newsid", "news", "articleid", "article", "videoid", "video", "goodsid"),
        *("goods", "skuid", "sku", "stockcode", "poiid", "poi", "venueid", "venue", "locationid"),
        *("location", "placeid", "place", "gmapid", "beerid", "recipeid", "recipe", "animeid"),
        *("anime", "mangaid", "courseid", "course", "showid", "show", "programid", "episodeid"),
        *("podcastid", "postid", "photoid", "pageid", "jobid", "hotelid", "hotel", "listingid"),
        *("offerid", "adid", "albumid", "album", "playlistid", "storyid", "restaurantid"),
        *("documentid", "docid", "paperid", "mediaid", "itemidx", "itemindex", "contentpk"),
        *("prodid", "productno", "productcode", "productsku", "itemno", "itemcode", "ean", "upc"),
    ),
    "time": (
        *("timestamp", "unixreviewtime", "time", "datetime", "ts", "eventtime", "eventtimestamp"),
        *("eventdatetime", "unixtime", "unixtimestamp", "epoch", "timestampms", "timems"),
        *("reviewtime", "reviewtimestamp", "createdat", "ratedat", "playedat", "listenedat"),
        *("watchedat", "viewedat", "clickedat", "purchasedat", "orderedat", "reviewedat"),
        *("addedat", "occurredat", "happenedat", "interactiontime", "clicktime", "viewtime"),
        *("playtime", "checkintime", "requesttime", "servertime", "ratingtime", "ratingtimestamp"),
        *("utctime", "utctimestamp", "localtime", "createtime", "timecreated", "creationtime"),
        *("starttime", "starttimestamp", "purchasetime", "ordertime", "date", "eventdate"),
        *("reviewdate", "tdat", "purchasedate", "orderdate", "ordertimestamp", "invoicedate"),
        *("transactiondate", "transactiontime", "ratingdate", "clickdate", "viewdate", "visitdate"),
        *("datecreated", "dateadded", "creationdate", "createdate", "createddate", "datestamp"),
        *("loggedat", "submittedat", "submitted", "postedat", "updatedat", "timeframe", "day", "t"),
        *("created", "eventts", "tstamp", "actiontime", "actiondate", "logtime", "logdate", "dt"),
        *("ratedon", "interactiondate", "utc", "unix", "visittime", "tsms", "timeutc"),
    ),
    "rating": (
        *("rating", "overall", "stars", "star", "score", "ratings", "ratingvalue", "userrating"),
        *("starrating", "reviewoverall", "reviewrating", "reviewscore", "bookrating", "grade"),
    ),
    LABEL: ("label", "isclick", "clicked", "click", "isclicked", "clk", "isclk"),
}
_LISTS = ("itemidlist", "itemlist", "itemseq", "itemidseq")
_SAME = frozenset({"unixreviewtime", "reviewtime"})  # one moment, written twice

DOUBTFUL = frozenset({"day", "timeframe", "updatedat", "starttime", "playtime", "viewtime"})
"""Names of times that may be something else: a note says that they are read."""

TRUTHS = {"true": "1", "false": "0"}
LABEL_TRUTHS = TRUTHS | {"yes": "1", "y": "1", "t": "1", "no": "0", "n": "0", "f": "0"}

MAYBE_LABELS = frozenset(
    (
        "target",
        "y",
        "ispositive",
        "positive",
        "clicks",
        "purchased",
        "ispurchase",
        "isbuy",
        "bought",
    )
)
"""Names of columns that may say what is no event: a note says that their zeros are events."""

_TYPE = re.compile(r":(token|float)(_seq)?$")  # RecBole's, also where others have none
_ROLE_OF = {name: role for role, names in ROLES.items() for name in names}
_PLACE = {name: place for names in ROLES.values() for place, name in enumerate(names)}


def bare(name: str) -> str:
    """Return a name without case and signs."""
    return "".join(letter for letter in _TYPE.sub("", name.strip()).lower() if letter.isalnum())


def role_of(name: str) -> str | None:
    """Return what a column of this name usually holds."""
    return _ROLE_OF.get(bare(name))


def candidates(role: str, names: Sequence[str]) -> list[str]:
    """Return the columns whose names tell this role, the likeliest first."""
    found = [name for name in names if _ROLE_OF.get(bare(name)) == role]
    return sorted(found, key=lambda name: _PLACE[bare(name)])


def list_column(names: Sequence[str]) -> str | None:
    """Return the column of the items before the target in a row, such as item_id_list."""
    for name in names:
        item = name.removesuffix("_list")
        if bare(name) in _LISTS or (item != name and item in names and role_of(item) == "item"):
            return name
    return None


def are_the_same(names: Sequence[str]) -> bool:
    """Return True if columns of these names hold the same."""
    return {bare(name) for name in names} <= _SAME
