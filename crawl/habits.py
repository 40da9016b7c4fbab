"""The platform's habits: where its skins put a field, tried after the supplier's own rules. A shop with other ones says so in its YAML."""

from __future__ import annotations

from conf.supplier import Rule

AREAS = (
    ".xans-product-detaildesign, .xans-product-detail, .xans-product-additional, .detailArea, .infoArea, .prdInfo, "
    "#df-product-detail, #prdDetail, .product-detail, .headingArea"
)
_TITLES = ".headingArea h1, .headingArea h2, .headingArea h3, .infoArea h1, .infoArea h2, .infoArea h3, .xans-product-detail h1, "
# A genuine part number of the usual form, where no label says that it is one; ten digits that begin with 01 are a telephone's.
_NUMBER = r"(?<![0-9A-Za-z-])(?!01)\d{5}-?(?=[0-9A-Z]{5}(?![0-9A-Z])|\d*[A-Z])[0-9A-Z]{5,8}(?![0-9A-Za-z-])"
_NOTHING_BUT_A_NUMBER, ONE_NUMBER = rf"^{_NUMBER}$", rf"^(?!.*{_NUMBER}.*{_NUMBER}).*?({_NUMBER})"
# A shop's own code of ten digits may be any number.
NO_OTHER_CODE = rf"^(?=.*[A-Z-])({_NUMBER})$"
# Behind the price that is left the platform writes what was taken off: `45,100원 (6,900원 할인)`, `45,100원 13%`.
_BEFORE_DISCOUNT = r"(?s).+?(?=\s*(?:\([^()]*할인[^()]*\)|\d{1,2}\s?%)\s*$|$)"
# The class is a skin's own, and stands around delivery fees and points as well.
_NO_OTHER_MONEY = r"(?s)^(?!.*(?:배송|적립|쿠폰|포인트|마일리지)).*"
# Without a sale, its amount may be 0.
_NOT_ZERO = r".*[1-9].*"
HABITS: dict[str, list[Rule]] = {
    "name": [
        Rule(
            label=(
                "상품명",
                "제품명",
                "부품명",
                "부품명칭",
                "상품 이름",
                "부품 이름",
                "Product Name",
                "Item Name",
                "Part Name",
                "Parts Name",
            )
        ),
        Rule(script="product_name"),
        Rule(css=_TITLES + ".prdName, .product_name_css td, .product_name_css .w-cont, .product_name_css .con"),
        Rule(meta="og:title"),
        Rule(css=".xans-product-detail h2"),
        Rule(label=("품명", "품목명", "품명 및 모델명")),
        Rule(css=".xans-product-detaildesign caption", match=r".*\S(?=\s*기본 정보$)"),
    ],
    "official_name": [Rule(label=("정식 부품명", "정식 명칭", "정식 품명", "정식 상품명", "공식 부품명", "공식 명칭"))],
    "part_no": [
        Rule(
            label=(
                "부품번호",
                "순정부품번호",
                "부품 No",
                "품번",
                "순정품번",
                "순정품번호",
                "순정번호",
                "파트넘버",
                "파트번호",
                "정품번호",
                "제조사 품번",
                "부품코드",
                "Part No",
                "Part Number",
                "Parts No",
                "P/N",
                "P/No",
                "OEM 번호",
                "OEM No",
                "OEM 품번",
                "OE 번호",
                "OE No",
            )
        ),
        Rule(heading=("[부품번호]", "[순정품번]", "[품번]"), match=".+"),
        Rule(
            label=("모델명", "모델", "Model", "OEM", "OE", "MPN", "PN", "P.N", "Part", "Parts"),
            match=_NOTHING_BUT_A_NUMBER,
        ),
        Rule(
            label=(
                "자체상품코드",
                "상품자체코드",
                "제품코드",
                "제품번호",
                "SKU",
                "상품요약정보",
                "상품간략설명",
                "영문상품명",
            ),
            match=NO_OTHER_CODE,
        ),
        Rule(css=".headingArea p", match=NO_OTHER_CODE),
        Rule(script="product_name", match=ONE_NUMBER),
        Rule(css=_TITLES + ".prdName", match=ONE_NUMBER),
        Rule(meta="og:title", match=ONE_NUMBER),
        Rule(label=("상품명", "제품명", "부품명"), match=ONE_NUMBER),
    ],
    "price": [
        Rule(css="#span_product_price_text"),
        Rule(css="#span_product_price_sale, #span_product_price_mobile_text", match=_BEFORE_DISCOUNT),
        Rule(label=("판매가", "판매가격", "판매금액")),
        Rule(label=("할인판매가", "할인가"), match=_BEFORE_DISCOUNT),
        Rule(css=".xans-product-detail strong.price, .infoArea strong.price, .price_css td"),
        Rule(script="product_sale_price", match=_NOT_ZERO),
        Rule(meta="product:sale_price:amount", match=_NOT_ZERO),
        Rule(script="product_price"),
        Rule(meta="product:price:amount"),
        Rule(meta="og:price:amount"),
        Rule(
            label=(
                "가격",
                "상품가격",
                "제품가격",
                "부품가격",
                "판매단가",
                "단가",
                "예약판매가",
                "온라인 판매가",
                "온라인 가격",
                "온라인가",
                "인터넷 판매가",
                "인터넷 가격",
                "인터넷가",
                "쇼핑몰 판매가",
                "쇼핑몰가",
                "실판매가",
                "할인가격",
                "즉시할인가",
                "특가",
                "특별가",
                "이벤트가",
                "세일가",
                "현재가",
                "구매가",
                "최종 판매가",
                "최종가",
                "부품가",
                "Price",
                "Selling Price",
                "Sale Price",
            )
        ),
        Rule(css=".xans-product-detail .price", match=_NO_OTHER_MONEY),
    ],
    "cars": [
        Rule(
            label=(
                "적용차(생산연도)",
                "적용차종",
                "적용차량",
                "적용차",
                "적용 차종",
                "차종 및 연식",
                "차종",
                "해당차종",
                "호환차종",
                "장착차종",
                "사용차종",
                "대상차종",
                "적용모델",
                "적용차명",
                "해당차량",
                "호환차량",
                "장착차량",
                "사용차량",
                "대상차량",
                "적합차종",
                "적합차량",
                "차량모델",
                "차명",
            )
        ),
        Rule(heading=("[차종 및 연식]", "[적용차종]", "[적용차종 및 연식]", "[적용차량]")),
    ],
    "category": [],
}
