"""Words of trade, vouchers, meetings and doors: what a mail is about that holds numbers of other kinds.

Notation: ``|`` marks where a word begins or ends, ``_`` is a blank; lines that begin with ``#`` are comments. All is
lower case and without accents. Full account: ``codewords``.
"""

from __future__ import annotations

# Orders, stays, journeys, appointments. They name no number; a mail full of them is seldom about signing in.
TRADE = """
# Latin letters
|aankomst |aantal |abflug |abiria |abreise |adet |adres_dostawy |adresa_de_livrare |adresa_za_dostavu
|adresse_de_facturation |adresse_de_livraison |afa| |aflewer |afrejse |afspraak |airline |ajanvaraus
|alamat_pengiriman |alv| |ambulatorio |ankomst |anreise |antal |appointment |appuntamento |ara_toplam |arribada
|arrival |arrivee |arrivo |arst |arsts |arzt |asiento |assento |atvykimas |aufenthalt |avgang |avreise |avresa
|bac_si |basket |bestelling |bezorgadres |bidalketa |biljett |billing_address |boarding |bokade_tid |boravak |butaca
|cabinet |cantidad |cantitate |cashier |celkem |cestujici |chegada |chuyen_bay |cikis_tarihi |cita| |cita_ |clinic
|comanda |comanda_dvs |comanda_ta |concert |consulta |consultas |consultorio |cyfanswm |daktari |daudzums
|deine_bestellung |delivered |delivery_address |delsum |delsumma |dem| |dentist |depart |departure |dergesa
|din_bestallning |din_bestilling |din_bokning |din_ordre |direccion_de_entrega |direccion_de_envio |discount
|do_zaplaty |docteur |doctor |doctora |dodaci_adresa |dokter |doktor |dolazak |don_hang |doors_open |doprava
|dorucen |dostava |dostavo |dostawa |dostawy |dottor |dph| |dr._ |dra._ |ejszaka |endereco_de_entrega |entrega
|enviament |envio |erkezes |estadia |estancia |event |flight |fly| |flyg |foglalasa |frais_de_port |frakt |frete
|gast |gaste |gasten |gaster |gastos_de_envio |gate| |gaua |gesamtbetrag |gesamtsumme |ghe |giao_hang |giris_tarihi
|gjester |gosc |goscie |gosti |grand_total |guest |guests |guztira |gydytoja |hanh_khach |hospede |host| |hoste
|huesped |huisarts |idopont |ierasanas |ihre_bestellung |ihre_buchung |il_tuo_ordine |ilosc |importe |impuestos
|indirizzo_di_consegna |invoice |is_viso |isvykimas |items: |iva| |iznos |janji_temu |jarat |je_bestelling
|je_boeking |jumla |jumlah |kabuuan |kargo |kdv| |keleivis |khach |kiekis |klinik |kogus |kokku |kolicina |koltuk
|konaklama |konzert |kopa |kulali |kursi |laakari |laege |lahto |lakare |lege| |legetime |lekar |lekarz |lend |lento
|let| |leveransadress |levering |leveringsadresse |lich_kham |lidojums |lieferadresse |lijecnik |livraison |livrare
|llegada |lot| |maara |malam |matkustaja |medecin |medic| |medico |medzisucet |membership |menge |menginap
|mennyiseg |metge |mezisoucet |mgeni |miejsce |misafir |mnozstvi |mnozstvo |montant_total |mwst |nacht |nachte
|nachten |naktis |naktys |narudzba |natter |ndege |night| |nights |nits |noce |nocenja |noches |noci |nocitev
|noclegi |noites |nopti |notti |nuit |nuits |oaspeti |objednavka |odchod |odjezd |odlazak |oo| |ophold |opphold
|ordinace |orvos |ospite |ospiti |osszesen |overnatting |paid |paikka |parcel |partenza |partida |pasager |pasajero
|pasazer |pasazieris |passageiro |passager |passagier |passatger |passeggero |passenger |penerbangan |pengiriman
|penumpang |pesanan_anda |piegade |plats |plecare |pobyt |posto |praxis |pregled_kod |prescription |prichod |prihod
|prijezd |pristatymas |programare |przychodnia |przyjazd |putnik |qty |quantidade |quantita |quantitat |quantite
|quantity |randevu |razem |receipt |rechnungsadresse |refund |reisija |rendelese |rendelo |rendez-vous |renew
|reszosszeg |rezervarea |rezervasyonunuz |row| |saabumine |saapuminen |salida |samtals |seat |seats |sedadlo |sejour
|sejur |sending |seu_pedido |ship_to |shipped |shipping |siege |siparisiniz |sitzplatz |sjedalo |skrydis |skupaj
|so_luong |soggiorno |sortida |sosire |sous-total |spedizione |spolu| |stay| |stoel |su_pedido |su_reserva
|sua_reserva |subscription |subtotaal |subtotal |subtotale |suma |summe |sveciai |szallitas |szallitasi |tamu |tarne
|tavozas |tax| |termin| |termin_ |termin_pri |teslimat_adresi |tid_hos |tilauksesi |toimitus |toimitusosoite
|tong_cong |toplam |totaal |total| |total: |total_ |total_a_pagar |total_de_plata |totale |totali |totalt |tu_pedido
|tu_reserva |tua_prenotazione |turno |turnos |tva| |twoje_zamowienie |ucus |ukupno |ulohely |usafirishaji |utas|
|uw_bestelling |valisumma |varauksesi |vase_objednavka |vastuvott |vat| |vegosszeg |vendeg |venue |veranstaltung
|verblijf |versand |vertrek |verzend |viesi |visita |vistelse |vizitas |vizite |vlucht |vol| |volo |voo|
|votre_commande |votre_reservation |vuelo |vysledok |wizyta |wizyty |wyjazd |wysylka |yhteensa |yolcu |yopyminen
|your_booking |your_order |your_stay |zbor |zdravnik |znesek |zwischensumme
# Greek
|αναχωρηση |αποστολη |αφιξη |γιατρ |διαμονη |διανυκτ |επιβατ |επισκεπτ |θεση |ιατρ |κρατηση |παραγγελια |ποσοτητα
|πτηση |ραντεβου |συνολο |φπα
# Cyrillic
|бардыгы |барлығы |безналич |бронир |ваш_заказ |вашата_поръчка |ваше_замовл |виліт |виізд |вкупно |врач |всего
|выезд |вылет |гост |ддс |долазак |доставка |доставки |дәрігер |жеткир |жеткізу |заезд |заминаване |заізд |зочин
|испорака |испорук |итог| |итого |кассов |клиник |количеств |количин |кількіст |лекар |лікар |места |место |място
|місце |наличн |ндс |ниит |нок |ноче |ночеи |ночи| |нощувк |ноћењ |общо |одлазак |пасажир |пассажир |патник |пдв
|полет |преглед |прием |прииом |пристигане |проживан |путник |пътник |разом |реис |седишт |укупно |усього |хүргэлт
|чек| |чек_ |чека| |эмч |қонақ |ұшу
# Georgian and Armenian
առաքում բժիշկ գիշեր ընդամենը թռիչք հյուր ուղևոր ექიმ მგზავრ მიწოდებ სტუმარ ფრენა ღამე ჯამი
# Hebrew
אורח הגעה ההזמנה_שלך טיסה כמות לילות מושב מעמ מרפאה משלוח נוסע סה"כ סהכ עזיבה רופא תור_
# Arabic
ارسال_کالا اقامت اقامه الإجمالي الاجمالي التوصيل الشحن الضريبه الكميه المجموع المغادره الوصول اپائنٹمنٹ تعداد حجزك
حجزكم دكتر رحله شب_ صندلي ضيف ضيوف طبيب طلبك عياده ليالي ليلتين ليله مبلغ_کل مجموع_ مسافر مقعد مهمان موعد مہمان نوبت
پرواز پزشك ڈاکٹر ڈیلیوری
# Ethiopic
ሐኪም በረራ እንግዳ ጠቅላላ
# India, Sri Lanka, Tibet
अतिथि अपॉइंटमेंट आगमन आपका_ऑर्डर उड़ान उप-योग एकूण कुल_ ठहरने डॉक्टर प्रस्थान मात्रा यात्री रात सीट অতিথি আগমন আসন
জিএসটি ডাক্তার পরিমাণ ফ্লাইট মোট যাত্রী রাত ਕੁੱਲ ਮਹਿਮਾਨ કુલ ડૉક્ટર મહેમાન பயணி மருத்துவ மொத்தம் விமான விருந்தினர்
అతిథి ప్రయాణ మొత్తం విమాన వైద్య ಅತಿಥಿ ಒಟ್ಟು ವೈದ್ಯ അതിഥി ആകെ ഡോക്ടർ අමුත්ත මුළු වෛද්‍ය
# Thailand, Laos, Cambodia, Myanmar
คลินิก คืน จัดส่ง จำนวน ที่นั่ง นัดหมาย ผู้เข้าพัก ผู้โดยสาร ยอดรวม รวมทั้งสิ้น เช็คอิน เช็คเอาท์ เที่ยวบิน แพทย์
ຈັດສົ່ງ ລວມ ခရီးသည် စုစုပေါင်း ដឹកជញ្ជូន ភ្ញៀវ សរុប
# Chinese and Japanese
お届け ご予約 ご到着 乘客 便名 入住 医生 合計 合计 宿泊 小計 小计 就诊 座位 座席 总计 搭乗 收貨 收货 数量 數量 旅客
泊 発送 离店 税 税込 總計 航班 診察 診療 运费 退房 送料 運費 配送先 醫師 门诊 預約 预约
# Korean
배송지 병원 부가세 소계 수량 숙박 예약 좌석 진료 체크아웃 체크인 총액 탑승 투숙 합계 항공편
"""

# Vouchers and promotions.
GIFT = """
# Latin letters
|%_off |aanbieding |actiecode |afslag |afslatt |ahorr |ajandek |ajanl |akce| |akcie |akcij |akcija |akcijo |akcios
|aktionscode |alekoodi |alennus |alennuskoodi |allahindlus |amigo |angebot |apadrina |arkadasini |at_checkout
|atlaid |atlaide |basket |baucar |bespaar |besparen |black_friday |bon_ |bon_d'achat |bono| |bonu |buono
|buono_sconto |cadeau |cadeaubon |canje |carrello |carrinho |carrito |cart| |cart_ |cashback |checkout |chegirma
|cod_de_reducere |code_avantage |code_cadeau |code_promo |codice_promo |codice_sconto |codigo_de_desconto
|codigo_de_descuento |codigo_de_regalo |codigo_promocional |cosul_de |coupon |coupon_code |cupao |cupom |cupon
|cyber_monday |darkov |darmowa_dostawa |davan |deal |descompte |descont |desconto |descuent |descuento |dhurat
|discount |discount_code |diskaun |diskon |doporuc |doprava_zdarma |dovan |dto. |economiz |einlos |empfehlung
|endirim |envio_gratis |erbjudande |etukoodi |firsat |free_shipping |frete_gratis |freunde_werb |freundschaftswerb
|fri_frakt |gave| |gavekort |geschenk giam_gia |giam_gia |gift |gift_card |gift_code gio_hang |giveaway |gjafa
|gostyngiad |gratis_versand |gratis_verzending |groza_ |grozam |grozs gutschein |gutscheincode |hadiah |handlekurv
|hediye |hemat |indirim |indirim_kodu |indirimi |indkobskurv |ingyenes_szallitas |invita_un_amico |isaphulelo |kado
|kampanya |kedvezm |kedvezmeny |keranjang khuyen_mai |khuyen_mai |kinkek |kod_kuponu |kod_promocyjny |kod_rabat
|kod_rabatowy |kod_za_popust |kode_promo |kode_voucher |korfu |korting |kortings |kortingscode |kosar |kosaric
|kosarica |kosik |kosiku |koszyk |krepsel |kundvagn |kupon |kupon_kodu |kuponkod |kurv| |kurven |lahja |lascaine
|livraison_gratuite |loyalty |ma_giam |ma_giam_gia |ma_uu_dai |newsletter |nuolaid |nuolaida |odporuc |oferta
|ofertas |off| |off_ |offer_ |offert |okazj |ostoskor |ostukorv |panier |parrain |polec |popust |porta_un_amico
|preporuc |presente| |presentkort |priporoc |promo |promo_code |promoc |promosi |promotion |punguzo |rabat |rabatkod
|rabatkode |rabatt |rabattcode |rabattkod |rabattkode |rangwame |rebaixes |rebaj |recomanda |recommande |redeem
|reducer |reducere |reduction |refer_a |referral |regal |regalo |remise |reward |risparm |saldi |sale| |sale_ |savat
|save_ |sconto |sebet |sepet |shop_now |shporte |slev |slevovy |soldes |soodus |soodustus |spar_ |spare_ |sparen
|sparst |spedizione_gratuita |suosittele |taniej |tarjous |tilbud |tipp_en |troli uu_dai |uu_dai |vale-|
|vale-presente |vale_ |varukorg |varva_en |verv_en |vervekod |vorteilscode |voucher |voucher_code |warenkorb
|winkelmand |winkelwagen |zbritje |zlav |zlavovy |znizi |znizk |znizkow
# Greek
|δωρ |δωροκαρτα εκπτωσ |εκπτωτικ |καλαθ |κουπον |κουπονι |προσφορ |προσφορα
# Cyrillic
|акци |акція |арзандат |бонус |ваучер |выгод |жеңілдік |знижк |знижки |количк |корзин |корпа |кошик |кошничк |купон
|намален |отстъпк |отстъпка |подар |попуст |приведи |промо |промокод |промоционал |распродаж |рекоменд |розпродаж
|сагс |себет |скидк |скидочн |хямдрал
# Georgian and Armenian
զամբյուղ զեղչ ვაუჩერ კალათ ფასდაკლ
# Hebrew
בסל הטבה הנחה מבצע מתנה סל_הקניות קופון קופון_הנחה שובר
# Arabic
السله بالسله تخفيف تخفیف خصم رعايت رعایت سبد_خريد عرض_ عروض قسيمه كد_تخفيف كوبون هديه چیک_آؤٹ ڈسكاؤنٹ ڈسکاؤنٹ کوپن
# Ethiopic
ቅናሽ
# India, Sri Lanka, Tibet
ऑफर ऑफ़र कार्ट कूपन चेकआउट छूट छूट_कोड डिस्काउंट प्रोमो सूट কার্ট কুপন ছাড় ডিসকাউন্ট প্রোমো ਕਾਰਟ ਛੋਟ ડિસ્કાઉન્ટ
கார்ட் தள்ளுபடி தள்ளுபடிக் ఆఫర్ కూపన్ డిస్కౌంట్ ప్రోమో ರಿಯಾಯಿತಿ കിഴിവ് වට්ටම්
# Thailand, Laos, Cambodia, Myanmar
คูปอง คูปองส่วนลด ตะกร้า ลดราคา ส่วนลด โค้ดส่วนลด โปรโมชัน โปรโมชั่น ສ່ວນຫຼຸດ လျှော့ဈေး បញ្ចុះតម្លៃ
# Chinese and Japanese
お得 カート キャンペーン ギフト クーポン セール プレゼント ポイント 代金券 优惠 优惠券 优惠码 促销 優待 優惠 優惠碼
兌換碼 兑换码 割引 打折 折扣 折扣码 特价 特典 礼品 禮品 结账 購物車 购物车
# Korean
결제_시 기프트 이벤트 장바구니 쿠폰 특가 프로모션 프로모션_코드 할인 할인_코드 할인코드 혜택
"""

# Conferences, calls, doors, wireless networks.
ROOM = """
# Latin letters
|achteringang |ajtokod |alarm_code |at_the_door |at_the_gate |avainbok |barera |bariyer |barrier |barriera |barriere
|besprechung |bike_lock |bina_giris |boite_a_cle |brama |bramka |bramy |building_code |by_the_door |caja_de_llaves
|cancela |cancello |candado |cassetta_delle_chiavi |cerradura |citofono |coffre_a_cle |cofre_de_chave |conferenc
|conference cuoc_hop |cykel |deur |digicode |do_drzwi |domofon |door: |door_code |door_pin |dorkod |dorkode |dorrkod
|drehkreuz |duru_kod |durvju |dyrakod |entrance |entry_code |fechadura |front_door |garage |gate: |gate_code |hausture
|hoftor |immeuble |intercom |interfon |interphone |k_brane |kapi |kapucseng |kapukod |key_box |keybox |keypad |kokous
|konferenz |lock_code |lockbox |lyklabox |meeting |megbeszel |mesyuarat |mlango |mode| |mote| |motet |nogleboks
|nokkelboks |nyckelbox |ovikood |participant |pintu |poort| |portail |portao |portaria |porte_d'entree |portero
|portillon |portkod |portkode |portone |porttikood |puerta |puomi |rapat |reunion| |reunion_ |riunione |sbarra
|schloss-code |schlosscode |schlusselbox |schlusselsafe |schlusseltresor |schranke |schuzk |serratura |skrytk
|slagboom |sleutelkluis |sorompo |spotkani |ssid |szlaban |teilnehmer |toplanti |tornell |tornello |turcode |turnstile
|uksekood |ulazna |vchodov |vergadering |video_call |voordeur |vrata |webinar |wi-fi |wifi |wlan |zavor
# Greek
|θυρα |κλειδαρι |μπαρα |πορτα |πορτασ |συσκεψ
# Cyrillic
|ворот |врата |встреч |входната |вхідних |двери |домофон |конференц |нарад |подъезд |під'ізд |собрани |совещан
|шлагбаум |ячеик
# Hebrew
דלת ועידה לדלת לוקר לשער פגישה
# Arabic
اجتماع الاجتماع الباب بوابه جلسه خزانه درب دروازه
# India, Sri Lanka, Tibet
दरवाज बैठक मीटिंग
# Thailand, Laos, Cambodia, Myanmar
การประชุม ตู้ล็อกเกอร์ ประตู
# Chinese and Japanese
オートロック |ドア ミーティング ロッカー 会議 会议 储物柜 单元门 大门 宅配ボックス 快递柜 會議 玄関 置物櫃 門扉
門禁 门禁
# Korean
무인택배함 사물함 도어락 출입문 현관 회의
"""

# What only an invitation to a call says.
CALL = """
# Latin letters
|access_code_for_the_call |besprechungs-id |conference_id |conference_pin |dial-by |dial-in |dial_in |einwahl
|ertekezlet-azon |ertekezletazon |host_key |id_cuoc_hop |id_da_reuniao |id_de_la_reunion |id_de_reunion |id_rapat
|id_reunion |id_riunione |id_schuzk |id_schuzky |id_spotkania |id_stretnutia |id_συσκεψ |identyfikator_spotk
|join_by_phone |join_by_tel |joining_info |kokouksen_tunnus |kokoustunnus |konferenz-id |konferenz-pin |meeting-id
|meeting_id |meeting_number |mote-id |motes-id |numero_de_conference |one-tap |one_tap |telefonische_teiln
|telefonkonferenz |toplanti_kimligi |vergadering-id |vergaderings-id |webinar_id
# Cyrillic
|идентификатор_конф |идентификатор_собр |ідентифікатор_конф
# Hebrew
מזהה_פגישה שיחת_ועידה
# Arabic
معرف_الاجتماع
# India, Sri Lanka, Tibet
मीटिंग_आईडी
# Thailand, Laos, Cambodia, Myanmar
รหัสการประชุม
# Chinese and Japanese
ミーティング_id ミーティングid 会議id 会议_id 会议号 會議_id
# Korean
회의_id
"""
