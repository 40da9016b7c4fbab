"""Car texts: the right car, or openly less than one; never another generation."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.car_table import CarTable, car_labels, car_table
from transforms.car_years import take_years
from transforms.cars import read_cell

CELLS = [
    ("그랜저 IG (2016~2019) / 그랜저 HG", ["그랜저(IG)", "그랜저(HG)"]),
    ("[차종 및 연식] 전차종 그랜저", ["all", "그랜저"]),
    ("싼타페 29X10/30X12", ["싼타페"]),
    ("투싼 16,19년식", ["투싼(TL)"]),
    ("쏘나타(DN8), 그랜저(IG)", ["쏘나타(DN8)", "그랜저(IG)"]),
    ("쏘나타(DN8)，그랜저(IG)", ["쏘나타(DN8)", "그랜저(IG)"]),
    ("투싼(TL) 싼타페(DM)", ["투싼(TL)", "싼타페(DM)"]),
    ("LF쏘나타 YF쏘나타", ["쏘나타(LF)", "쏘나타(YF)"]),
    ("아반떼(AD/MD)", ["아반떼(AD)", "아반떼(MD)"]),
    ("쏘나타 LF/YF, K5 JF", ["쏘나타(LF)", "쏘나타(YF)", "기아 K5"]),
    ("투싼 NX4\n투싼 NX4 하이브리드", ["투싼(NX4)", "투싼 하이브리드(NX4 HEV)"]),
    ("투싼(TL) 싼타페(DM) 맥스크루즈(NC)", ["투싼(TL)", "싼타페(DM)", "맥스크루즈(NC)"]),
    ("아반떼 AD 아반떼 MD 아반떼 HD", ["아반떼(AD)", "아반떼(MD)", "아반떼(HD)"]),
    ("쏘나타 LF 하이브리드/가솔린", ["쏘나타 하이브리드(LF HEV)", "쏘나타(LF)"]),
    ("싼타페 DM 29X10/30X12", ["싼타페(DM)"]),
    ("맥스 크루즈/싼타페 DM", ["맥스크루즈(NC)", "싼타페(DM)"]),
    ("더 맥스-크루즈", ["맥스크루즈(NC)"]),
    ("엘란 트라 AD, 베라 크루즈", ["아반떼(AD)", "베라크루즈(EN)"]),
    ("윈스톰 맥스, 크루즈", ["대우 윈스톰", "쉐보레 크루즈"]),
    ("뉴 렉스턴 / 스포 티지", ["KG모빌리티 렉스턴", "기아 스포티지"]),
    ("OS/SX2 코나", ["코나(OS)", "코나(SX2)"]),
    ("그랜저(GRANDEUR) IG", ["그랜저(IG)"]),
    ("그랜저/쏘나타 공용", ["그랜저", "쏘나타"]),
    ("투싼 (0404~0907)", ["투싼(JM)"]),
    ("그랜저 HG 공용 엔진마운트", ["그랜저(HG)"]),
    ("현대/기아 전차종", ["all"]),
    ("[차종 및 연식]", ["all"]),
    ("i40 11.09~19.07 (왜건/살룬 공용)", ["i40(VF)"]),
    ("아반떼 XD/HD/MD", ["아반떼 XD(XD)", "아반떼(HD)", "아반떼(MD)"]),
    ("싼타페 CM/DM 투싼 JM/LM", ["싼타페(CM)", "싼타페(DM)", "투싼(JM)", "투싼(LM)"]),
    ("그랜저 HG (하이브리드/LPI 제외)", ["그랜저(HG)"]),
    ("투싼 싼타페 제외", ["투싼"]),
    ("그랜저 HG HEV/LPI 제외", ["그랜저(HG)"]),
    ("그랜저 HG 하이브리드, 택시 적용불가", ["그랜저(HG)"]),
    ("DM 투싼", ["투싼"]),
    ("쏘나타(전차종), 로체", ["쏘나타", "기아 로체"]),
    ("쏘나타 NF 전모델", ["쏘나타(NF)"]),
    ("싼타페 TM (하이브리드 포함)", ["싼타페(TM)", "싼타페 하이브리드(TM HEV)"]),
    ("투싼 TL / 4세대", ["투싼(TL)", "투싼(NX4)"]),
    ("싼타페 더 프라임 (SANTAFE)", ["싼타페(DM)"]),
    ("BMW 7시리즈 (G70)", ["BMW"]),
    ("BMW X5, G80", ["BMW", "G80"]),
    ("쏘나타DN8/K5DL3", ["쏘나타(DN8)", "기아 K5"]),
    ("HOSE ASSY, 쏘나타 LF", ["쏘나타(LF)"]),
    ("HOSE ASSY", ["unknown"]),
    ("", ["all"]),
    (None, ["all"]),
    ("YF LF DN8", ["쏘나타(YF)", "쏘나타(LF)", "쏘나타(DN8)"]),
    ("아이오닉 5,6", ["아이오닉 5(NE EV)", "아이오닉 6(CE EV)"]),
    ("싼타페 DM 5인승/7인승", ["싼타페(DM)"]),
    ("아반떼 MD 1.6 M/T", ["아반떼(MD)"]),
    ("HYUNDAI/KIA 공용", ["all"]),
    ("상용차", ["unknown"]),
    ("그랜저 IG/HG 공용", ["그랜저(IG)", "그랜저(HG)"]),
    ("쏘나타 / LF / DN8", ["쏘나타(LF)", "쏘나타(DN8)"]),
    ("쏘나타 2016 / DN8", ["쏘나타(LF)", "쏘나타(DN8)"]),
    ("현대, 쏘나타", ["쏘나타"]),
    ("기아, 쏘나타", ["기아", "쏘나타"]),
    ("승용/RV 전차종", ["all"]),
    ("투싼 2/3세대", ["투싼(LM)", "투싼(TL)"]),
    ("쏘나타 5~8세대", ["쏘나타"]),
    ("코나 OS 가솔린/디젤/하이브리드", ["코나(OS)", "코나 하이브리드(OS HEV)"]),
    ("그랜저 IG 하이브리드 포함", ["그랜저(IG)", "그랜저 하이브리드(IG HEV)"]),
    ("전차종 / 소모품", ["all"]),
    ("투싼 2012 · 싼타페 2014", ["투싼(LM)", "싼타페(DM)"]),
    ("쏘나타 2열", ["쏘나타"]),
    ("쏘나타 2 LPG", ["쏘나타(Y3)"]),
    ("아이오닉 5개", ["아이오닉"]),
    ("쏘나타 LF / 품번 97133-2K000", ["쏘나타(LF)"]),
    ("코나 1.6/2.0 (2018~2020)", ["코나(OS)"]),
    ("투싼 1.7 (2016~2018) / 2.0 (2011~2013)", ["투싼(TL)", "투싼(LM)"]),
    ("제네시스 디 올 뉴 GV80", ["GV80(JX1)"]),
    ("제네시스 일렉트리파이드 G80", ["Electrified G80(RG3 EV)"]),
    ("쏘나타 YF 16''/17'' 타이어", ["쏘나타(YF)"]),
    ("더 뉴 그랜저 / LPG", ["그랜저(IG)"]),
    ("쏘나타 뉴라이즈 / 하이브리드", ["쏘나타(LF)", "쏘나타 하이브리드(LF HEV)"]),
    ("투싼 ix 디젤/가솔린", ["투싼(LM)"]),
    ("아반떼 AD (가솔린, 디젤, 스포츠)", ["아반떼(AD)"]),
    ("쏘나타 DN8 (G,L,H), K5 2.0 (L)", ["쏘나타(DN8)", "쏘나타 하이브리드(DN8 HEV)", "기아 K5"]),
    ("그랜저 3.0 (L) / 3.3 (G)", ["그랜저"]),
    ("Genesis G80 (2.5T Advanced, with Level II) 2024", ["G80(RG3)"]),
    ("쏘나타 (LF, DN8) 그랜저 (IG, GN7)", ["쏘나타(LF)", "쏘나타(DN8)", "그랜저(IG)", "그랜저(GN7)"]),
    ("포터2 포레스트 / 포터2", ["포터Ⅱ"]),
    ("제조사 : 현대 / 차종 : 쏘나타 / 연식 : 2016", ["쏘나타(LF)"]),
    ("연식 : 2011~2016 / 차종 : 그랜저HG / 색상 : 흰색", ["그랜저(HG)"]),
    ("그랜저 HG 245/45R18", ["그랜저(HG)"]),
    ("로어암 LH/RH NF쏘나타 TG그랜저", ["쏘나타(NF)", "그랜저(TG)"]),
    ("쇼바 앞/뒤 싼타페DM", ["싼타페(DM)"]),
    ("GV60/70/80", ["GV60(JW1 EV)", "GV70", "GV80(JX1)"]),
    ("K5/7, SM3/5", ["기아 K5", "기아 K7", "르노코리아 SM3", "르노코리아 SM5"]),
    ("아이오닉 5/6 EV 2022", ["아이오닉 5(NE EV)", "아이오닉 6(CE EV)"]),
    ("G80 16/17년식", ["G80(DH)"]),
    ("쏘나타(YF/LF) 하이브리드", ["쏘나타 하이브리드(YF HEV)", "쏘나타 하이브리드(LF HEV)"]),
    ("에쿠스(신형,구형)", ["에쿠스(VI)", "에쿠스(LZ)"]),
    ("N/A", ["all"]),
    ("현대 전 차종 / 기아 전 차종", ["all"]),
    ("쏘나타 YF / 세타엔진", ["쏘나타(YF)"]),
    ("그랜저 HG/IG 앞범퍼", ["그랜저(HG)", "그랜저(IG)"]),
    ("싼타페MX5 1.6T HEV/2.5T", ["싼타페 하이브리드(MX5 HEV)", "싼타페(MX5)"]),
    ("KONA (OS, OSE, OSI)", ["코나(OS)", "코나 일렉트릭(OS EV)"]),
    ("해당없음", ["all"]),
    ("그랜저/쏘나타 HG,YF", ["그랜저(HG)", "쏘나타(YF)"]),
    ("G80/GV80 공용 (RG3/JX1)", ["G80(RG3)", "GV80(JX1)"]),
    ("G80/GV80 RG3 공용/JX1", ["G80(RG3)", "GV80(JX1)"]),
    ("현대/기아/제네시스 전차종", ["all"]),
    ("그랜저 HG 와이퍼 600mm/450mm", ["그랜저(HG)"]),
    ("쏘나타/그랜저 (YF/HG)", ["쏘나타(YF)", "그랜저(HG)"]),
    ("현대 그랜저/기아 K7 HG/VG", ["그랜저(HG)", "기아 K7"]),
    ("싼타페,투싼,스포티지 (DM, LM, SL)", ["싼타페(DM)", "투싼(LM)", "기아 스포티지"]),
    ("그랜저/쏘나타/투싼 IG/HG/LF", ["그랜저(IG)", "그랜저(HG)", "쏘나타(LF)", "투싼"]),
    ("아반떼/쏘나타 DN8 21~", ["아반떼", "쏘나타(DN8)"]),
    ("아반떼 CN7 N/하이브리드", ["아반떼 N(CN7 N)", "아반떼 하이브리드(CN7 HEV)"]),
    ("G80/제네시스 DH", ["G80", "제네시스(DH)"]),
    ("쏘나타YF09-14, LF14~", ["쏘나타(YF)", "쏘나타(LF)"]),
    ("(SP1000)_아반떼(HD) ('07.05~)뉴에쿠스(VI) 싼타페12년형(DM)", ["아반떼(HD)", "에쿠스(VI)", "싼타페(DM)"]),
    ("LF/JF 공용", ["쏘나타(LF)", "기아 K5"]),
    ("전체", ["all"]),
    ("투싼IX · 2017~2020 i30 (PD)", ["투싼(LM)", "i30(PD)"]),
    ("쏘나타 · 2.0 · 2016", ["쏘나타(LF)"]),
    ("아반떼 07,08,09", ["아반떼(HD)"]),
    ("SONATA06(NF)", ["쏘나타(NF)"]),
    ("투스카니 2.0/2.7 엘리사", ["투스카니(GK)"]),
    ("쏘나타 DN8 (L/H)", ["쏘나타(DN8)"]),
    ("쏘나타 DN8 (H/L)", ["쏘나타(DN8)"]),
    ("코나 OS (E)", ["코나 일렉트릭(OS EV)"]),
]
MATCHES = [
    ("투싼", "투싼", "family"), ("더 뉴 투싼", "투싼", "family"),
    ("그랜저 2018년식", "그랜저(IG)", "years"),
    ("투싼 하이브리드", "투싼 하이브리드(NX4 HEV)", "powertrain"), ("베뉴", "베뉴(QX)", "name"), ("YF", "쏘나타(YF)", "code_alone"),
    ("HI", "unknown", "ambiguous_code"), ("기아 K5", "기아 K5", "outside"), ("BRACKET_1", "unknown", "not_a_car"),
    ("볼트", "unknown", "not_a_car"), ("BOLT EV", "쉐보레 볼트 EV", "outside"), ("확인요망", "unknown", "unmatched"),
    ("TM 케이블", "unknown", "unmatched"), ("올뉴투싼 2021", "투싼", "family"), ("CN7 N", "아반떼 N(CN7 N)", "code_alone"),
    ("NX4 전차종", "투싼(NX4)", "code_alone"), ("하이브리드 전차종", "unknown", "unmatched"), ("세타엔진 공용", "unknown", "unmatched"),
    ("GENESIS COUPE08", "제네시스 쿠페(BK)", "name"), ("국산차 공용", "all", "all"),
    ("IONIQ 5NE EV", "아이오닉 5(NE EV)", "code"), ("ALL NEW AVANTE XD", "아반떼 XD(XD)", "code"), ("HG300", "그랜저(HG)", "code_alone"),
    ("아반떼 2006", "아반떼", "family"), ("아반떼 2003", "아반떼 XD(XD)", "years"), ("그랜저 2005", "그랜저", "family"),
    ("스타렉스", "스타렉스(A1)", "name"), ("스타렉스 2015", "그랜드 스타렉스(TQ)", "years"), ("스타렉스 2007", "스타렉스", "family"),
    ("에쿠스 10년식~", "에쿠스(VI)", "years"), ("포터 HR", "포터Ⅱ(HR)", "code"), ("쏘나타 하이브리드 2", "쏘나타", "family"),
    ("G70 JK1", "G70", "family"), ("EF900", "unknown", "unmatched"), ("아이오닉 EV 2022~2025", "아이오닉", "family"),
    ("투싼 FCEV", "현대 투싼 FCEV", "outside"), ("뉴라이즈", "쏘나타(LF)", "edition"), ("캐스퍼 1.0 터보", "캐스퍼(AX1)", "powertrain"),
    ("플러그인 하이브리드 쏘나타", "쏘나타 플러그인 하이브리드(LF PHEV)", "powertrain"), ("브레이크 패드", "unknown", "not_a_car"),
    ("더 뉴 그랜저 2024", "그랜저(GN7)", "years"), ("쉐보레 더 넥스트 스파크 LT", "쉐보레 스파크", "outside"), ("쏘나타 N라인", "쏘나타(DN8)", "edition"),
    ("투싼 4세대", "투싼(NX4)", "edition"), ("아반떼 1세대", "아반떼", "family"), ("포터 2세대", "현대 포터", "outside"),
    ("포터 11년식", "포터Ⅱ(HR)", "years"), ("포터 97년식", "현대 포터", "outside"), ("아반떼 CN7N", "아반떼 N(CN7 N)", "code"),
    ("벨로스터 N (JS)", "벨로스터 N(JSN)", "name"), ("레이더", "unknown", "unmatched"), ("캘리퍼", "unknown", "unmatched"),
    ("더넥스트스파크 카메라", "쉐보레 스파크", "outside"), ("아이오닉 PHEV 2017~2022", "아이오닉 플러그인 하이브리드(AE PHEV)", "powertrain"),
    ("KONA 18 : EV", "코나 일렉트릭(OS EV)", "years"), ("쏘나타 20", "쏘나타", "family"),
    ("엘란트라 93년식", "엘란트라(J1)", "name"), ("엘란트라 CN7", "아반떼(CN7)", "code"), ("엘란트라 2017", "아반떼(AD)", "years"),
    ("티뷰론 96~01", "티뷰론(RC)", "name"), ("티뷰론 2004", "투스카니(GK)", "name"), ("엑센트 MC", "베르나(MC)", "code"),
    ("엑센트 2001", "엑센트", "family"), ("쉐보레 전차종", "쉐보레", "outside"),
    ("HYUNDAI ELANTRA 2009-", "아반떼", "family"), ("TUCSON 2016-UP", "투싼", "family"), ("SANTA FÉ 2002", "싼타페(SM)", "years"),
    ("쏘나타 하이브리드 17\" 타이어", "쏘나타", "family"), ("투싼(TLPE)", "투싼(TL)", "code"), ("레이(TAM)", "기아 레이", "outside"),
    ("레이 TAMPE", "기아 레이", "outside"), ("TAPE", "unknown", "unmatched"), ("G330 14~16년", "제네시스(DH)", "edition"),
    ("아우디 A6 아반트 45", "아우디", "outside"), ("RS4", "unknown", "unmatched"), ("G90 RS4 3.5T", "G90(RS4)", "code"),
    ("KONA 2ND GEN", "코나(SX2)", "edition"), ("SONATA 7TH GENERATION", "쏘나타(LF)", "edition"), ("ELANTRA GT 2014", "i30(GD)", "years"),
    ("TUCSON IX FCEV", "현대 투싼 FCEV", "outside"), ("THE ALL NEW G80", "G80(RG3)", "edition"),
    ("투싼 베스트 팩", "투싼", "family"), ("뉴라이즈 LPI", "쏘나타(LF)", "edition"),
    ("투싼(H)", "투싼 하이브리드(NX4 HEV)", "powertrain"), ("그랜저 IG (H)", "그랜저 하이브리드(IG HEV)", "code"),
    ("스타렉스 후속", "스타렉스", "family"), ("NF 쏘나타 후속", "쏘나타", "family"), ("NF 후속", "unknown", "unmatched"),
    ("현대_스타렉스_16", "스타렉스", "family"), ("투싼 2017AB-3", "투싼", "family"),
    ("투싼 JM FUEL CELL", "투싼", "family"), ("그랜저IGF/L", "그랜저(IG)", "code"),
    ("더 뉴 코 나", "코나(OS)", "edition"), ("투 싼 NX 4", "투싼(NX4)", "code"),
    ("쏘나타 DN8 전조등 상향(H)", "쏘나타(DN8)", "code"), ("헤드램프 (H) 쏘나타 DN8", "쏘나타(DN8)", "code"),
    ("아반떼 AD 스위치(E)", "아반떼(AD)", "code"),
    ("쏘나타 DN8 2.0 (H)", "쏘나타 하이브리드(DN8 HEV)", "code"), ("아반떼 C N 7", "아반떼(CN7)", "code"),
    ("스타렉스 98", "스타렉스(A1)", "name"), ("스타렉스 12", "스타렉스", "family"),
    ("쏘나타 3버튼", "쏘나타", "family"), ("쏘나타 2차분", "쏘나타", "family"), ("그랜저 GN7앞범퍼", "그랜저(GN7)", "code"),
    ("쏘나타2신형", "쏘나타(Y3)", "edition"), ("쏘나타2앞범퍼", "쏘나타(Y3)", "edition"),
    ("아이오닉 5앞문", "아이오닉 5(NE EV)", "name"), ("포터 2앞범퍼", "포터Ⅱ", "family"),
    ("아반떼 -09년", "아반떼", "family"), ("CM 30", "unknown", "unmatched"), ("HD 24", "unknown", "unmatched"), ("NF 05", "쏘나타(NF)", "code_alone"),
    ("신형 스타렉스", "스타렉스", "family"), ("스타렉스 그랜드", "그랜드 스타렉스(TQ)", "name"), ("쏘나타 더 뉴라이즈", "쏘나타(LF)", "edition"),
    ("디엣지", "쏘나타(DN8)", "edition"), ("포터2 일렉", "포터Ⅱ 일렉트릭(HR EV)", "powertrain"),
    ("TUCSON IX35 FUEL CELL", "현대 투싼 FCEV", "outside"), ("IMAX 스피커", "unknown", "unmatched"),
    ("그랜저IG16~19", "그랜저(IG)", "code"), ("그랜저HG2011년식", "그랜저(HG)", "code"), ("쏘나타 2000cc", "쏘나타", "family"),
    ("엑센트(11-)", "엑센트(RB)", "years"),
]  # fmt: skip
YEARS = [
    ("투싼 (2016~2019)", (2016, 2019)), ("2015.03~2018.07", (2015, 2018)), ("16~19", (2016, 2019)), ("17년식~", (2017, 9999)),
    ("2014년식 이후", (2014, 9999)), ("12:-JAN.2018", (2012, 2018)), ("97-02", (1997, 2002)), ("~2015", (0, 2015)),
    ("201603~201807", (2016, 2018)), ("2016-01-01 ~ 2018-12-31", (2016, 2018)), ("2010-12", (2010, 2012)), ("2010-05", (2010, 2010)),
    ("16'~18'", (2016, 2018)), ("MY16", (2016, 2016)), ("17年", (2017, 2017)), ("2016년~2018년까지", (2016, 2018)), ("16~18인치", None),
    ("TUCSON 05 (-JUL.2009)", (2005, 2009)), ("I30 07", (2007, 2007)), ("싼타페(16)", (2016, 2016)), ("그랜저(30)", None), ("M8 30", None),
    ("11.10-16.08", (2011, 2016)), ("00.06~05.10", (2000, 2005)), ("05.2010~10.2012", (2010, 2012)),
    ("2008-", (2008, 9999)), ("2016-UP", (2016, 9999)), ("2016 - PRESENT", (2016, 9999)), ("2016+", (2016, 9999)), ("17''", None),
    ("2009년11월부터 2012년4월까지", (2009, 2012)), ("12년 7월 이후 ~ 14년 3월", (2012, 2014)), ("15년부터", (2015, 9999)),
    ("2000CC", None), ("2005 1999 CC", (2005, 2005)), ("투싼(16-)", (2016, 9999)), ("투싼 -12년", (0, 2012)), ("투싼(-12)", (0, 2012)), ("부동액 -35도", None),
    ("투싼 16'", (2016, 2016)), ("투싼 ~15", (0, 2015)), ("투싼 12 이전", (0, 2012)), ("싼타페[16", (2016, 2016)), ("볼트(16", None),
    ("싼타페 16)", None), ("2010.12", (2010, 2010)), ("2010-01~2011-12", (2010, 2011)), ("NF 05 부품", None),
    ("16\" 타이어", None), ("2.0", None), ("29X10", None), ("I30", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "labels"), CELLS)
def test_cell(text: str | None, labels: list[str]) -> None:
    assert [car.car_type for car in read_cell(text)] == labels


@pytest.mark.parametrize(
    ("text", "car_texts"),
    [
        ("i30 FD, GD, PD", ["I30 FD", "i30 GD", "i30 PD"]),
        ("OS/SX2 코나", ["OS 코나", "SX2 코나"]),
        ("그랜저 IG / 그랜저(IG) 2018, 그랜저 IG", ["그랜저 IG | 그랜저(IG) 2018"]),
    ],
)
def test_each_car_has_the_words_that_name_it(text: str, car_texts: list[str]) -> None:
    assert [car.car_text for car in read_cell(text)] == car_texts


@pytest.mark.parametrize(
    ("text", "model", "code", "years", "brand"),
    [
        ("쏘나타 2013년식 이전", "쏘나타", None, (None, 2013), "현대"),
        ("투싼(TL) 2016년식 이후", "투싼", "TL", (2016, None), "현대"),
        ("K5 JF 2.0", "K5", "JF", (None, None), "기아"),
        ("렉서스 2018", None, None, (2018, 2018), "렉서스"),
        ("현대 전차종", None, None, (None, None), "현대"),
    ],
)
def test_what_a_text_says_beside_its_label(
    text: str, model: str | None, code: str | None, years: tuple[int | None, int | None], brand: str
) -> None:
    (car,) = read_cell(text)
    assert (car.model, car.generation_code, (car.first_year, car.last_year), car.brand) == (model, code, years, brand)


@pytest.mark.parametrize(("text", "label", "match"), MATCHES)
def test_match(text: str, label: str, match: str) -> None:
    found = read_cell(text)[0]
    assert (found.car_type, found.car_type_match) == (label, match)


@pytest.mark.parametrize(("text", "span"), YEARS)
def test_years(text: str, span: tuple[int, int] | None) -> None:
    assert take_years(text).span == span


@pytest.mark.parametrize("text", ["투싼 ~2015 HEV", "투싼 2015까지 HEV", "투싼 2015~ HEV", "투싼 -15년 HEV"])
def test_no_year_is_left_in_the_words(text: str) -> None:
    assert take_years(text).rest.split() == ["투싼", "HEV"]


@pytest.mark.parametrize("car", car_table().cars, ids=lambda car: car.canonical)
def test_every_label_reads_as_itself(car: object) -> None:
    label = car.canonical  # type: ignore[attr-defined]
    assert [reading.car_type for reading in read_cell(label)] == [label]


def test_a_telling_name_that_is_no_edition_is_known() -> None:
    table = CarTable()
    table.aliases.append({"kind": "telling", "words": "새이름", "value": "그랜저"})
    assert "새이름" in table.atoms


def test_every_row_has_a_source() -> None:
    table = car_table()
    assert all(row["source"] for row in table.aliases if row["kind"] == "edition")
    assert all(car.first_year <= car.last_year for car in table.cars)


@pytest.mark.parametrize(
    "text",
    [
        "그랜저/" * 2000 + "쏘나타 " + "HG/YF/" * 1000,
        "그랜저/쏘나타 " + "HG/YF/" * 2000,
        "그랜저IG" * 3000,
        "가" * 19_000,
        "투싼 신형 " * 200_000,
    ],
    ids=["names", "codes", "glued", "one word", "a page"],
)
def test_a_long_text_is_read_in_time(text: str) -> None:
    started = time.process_time()
    read_cell(text)
    assert time.process_time() - started < 2


@given(st.text(alphabet="그랜저쏘나타투싼 IGDN8YFNX4HEV하이브리드전차종(),/~0123456789\n기아K5", max_size=40))
def test_any_text_gives_known_labels_once(text: str) -> None:
    labels = [car.car_type for car in read_cell(text)]
    assert labels
    assert len(set(labels)) == len(labels)
    assert set(labels) <= car_labels()
