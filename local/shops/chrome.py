"""The parts of a page that are not about its product: scripts, menus, terms. They make a page as long as real ones are."""

from __future__ import annotations

import html

_CONFIGURATION = "".join(
    f'var EC_FRONT_SETTING_{number:03d} = {{"bUse":{"true" if number % 3 else "false"},"sPath":"\\/exec\\/front\\/module\\/{number}",'
    f'"aMessage":{{"add":"\\uc7a5\\ubc14\\uad6c\\ub2c8\\uc5d0 \\ub2f4\\uc558\\uc2b5\\ub2c8\\ub2e4.","limit":{number * 7}}}}};\n'
    for number in range(120)
)
HEAD_SCRIPTS = (
    '<meta name="viewport" content="width=device-width"><link rel="stylesheet" type="text/css" href="/ind-script/optimizer.css">\n'
    '<script type="text/javascript" src="/ind-script/optimizer.js"></script>\n'
    '<script type="text/javascript">var EC_SDE_SHOP_NUM = 1;var SHOP = {getLanguage : function() { return "ko_KR"; },'
    f'getCurrency : function() {{ return "KRW"; }}}};\n{_CONFIGURATION}</script>\n<style type="text/css">\n'
    + "".join(
        f".xans-product-{number} .prdList li {{ width: {number % 100}%; margin: 0 {number}px; }}\n"
        for number in range(160)
    )
    + "</style>\n"
)


def navigation(categories: dict[int, str], names: list[str]) -> str:
    """The menu: every category, and below each a link for every kind of part."""
    top = "".join(
        f'<li><a href="/product/list.html?cate_no={number}">{html.escape(name)}</a></li>'
        for number, name in categories.items()
    )
    below = "".join(
        f'<li class="xans-record-"><a href="/product/search.html?keyword={number}" class="menu-link">{html.escape(name)}</a></li>\n'
        for number, name in enumerate(names)
    )
    return f'<div id="header"><div class="xans-element- xans-layout xans-layout-category"><ul>{top}</ul><ul>{below}</ul></div></div>\n'


def policies() -> str:
    """Terms of delivery and return, which mention amounts of money and brackets like a product does."""
    clause = (
        "<li>{number}. 배송 비용 : 3,000원이며 50,000원 이상 구매하시면 무료입니다. 제주 및 도서 산간 지역은 추가 배송비(5,000원)가 "
        "있습니다. 상품을 공급 받으신 날로부터 7일 이내에 교환 및 반품을 신청하실 수 있으며, 포장을 개봉하였거나 포장이 훼손되어 "
        "상품 가치가 상실된 경우에는 교환 및 반품이 불가능합니다. "
        "고객님의 마음이 바뀌어 교환, 반품을 하실 경우 상품 반송 비용은 고객님께서 부담하셔야 합니다.</li>\n"
    )
    clauses = "".join(clause.format(number=number) for number in range(1, 76))
    return f'<div id="prdInfo"><h3>상품 결제 및 배송 안내</h3><ul class="df-cont">{clauses}</ul></div>\n'


def footer(shop_name: str) -> str:
    return (
        f'<div id="footer"><p>상호 : {shop_name} | 고객센터 : 1588-0000 | '
        "주문 전 차대번호를 알려 주시면 적용 여부를 확인해 드립니다.</p></div>"
        '<script type="text/javascript">var EC_FRONT_JS_CONFIG_SHOP = {"bECUseItemSalePrice":false};</script>\n'
    )
