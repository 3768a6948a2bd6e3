"""Words that make a number something else than a one-time code (notation: see ``codewords``)."""

from __future__ import annotations

# Labels of other numbers: order, invoice, parcel, customer, booking, phone, place, firm, error, product.
OTHER = """
|payment_code |payment_ref |zahlungscode |code_de_paiement |codigo_de_pago |kode_bayar |kode_pembayaran
|kode_booking |رمز_الدفع كد_پرداخت كد_پيگيري |код_оплаты |код_платежа 付款码 支払番号 |odeme_kodu
ma_thanh_toan |im._kod |imones_kod |pvm_kod
|order| |orders| |order_n |order_id |order# |purchase bestell |auftrag |commande |pedido |ordine |encomenda
|comanda| |comenzi |bestelling |ordrenummer |ordre| |ordrenr |ordernummer |tilaus |zamowien |objednav
|rendeles |megrendel |narudzb |narocil |uzsakym |pasutij |tellimu |porosi |siparis |sifaris |buyurtma
παραγγελ |заказ |замовлен |поръчк |нарачк |наручб |поруџб |тапсырыс |буйрут |захиалга შეკვეთ պատվեր
מספר_הזמנה הזמנתך ההזמנה رقم_الطلب طلبك_رقم طلب_رقم سفارش شماره_سفارش آرڈر ऑर्डर অর্ডার ઓર્ડર ਆਰਡਰ ஆர்டர்
ఆర్డర్ ಆರ್ಡರ್ ഓർഡർ ඇණවුම คำสั่งซื้อ ການສັ່ງຊື້ បញ្ជាទិញ အော်ဒါ don_hang |pesanan |order- |oda| |agizo 订单
訂單 注文 주문
|invoice |billing| |bill_n |rechnung |facture |factura |fattura |fatura |faktur |factuur |lasku| |laskun
|szamla |saskait |rekin |arve| |arve_ τιμολογ |счет_ |счет- |счёт |счета |рахунок |рахунк |фактур חשבונית
فاتوره صورتحساب इनवॉइस बीजक চালান ใบแจ้งหนี้ hoa_don 发票 發票 請求書 청구서 |receipt |beleg| |belegn
|quittung |recibo |ricevuta |kvitto |kvitter |kuitti |paragon |uctenk |квитанц קבלה ايصال 收据 領収 영수증
|statement
|tracking |izleme |kuzatuv |қадағалау |pracen |sledovan |urmarire |nyomkovet |sekimo |izsekos |jalgimis
|seuranta |sporing |sparning |rakning |sporings |spårnings |shipment |shipping |parcel |delivery
|consignment |sendung |paket |lieferung |suivi |colis |livraison |seguimiento |envio |rastre |tracciam
|spedizion |consegna |verzend |zending |pakke |pakkenr |forsendelse |paczk |przesylk |zasilk |zasielk
|csomag |posiljk |siunt |sutij |kargo |gonderi |takip αποστολ |трек |посыл |доставк |відправл |посилк |пратк
משלוח شحن الشحنه مرسوله शिपमेंट डिलीवरी พัสดุ van_don |resi| |pengiriman 运单 快递 快遞 追跡 送り状 配送
운송장 배송
|customer_n |customer_id |customer_no |client_n |member_n |membership |member_id |kundennummer |kundennr
|kunden-nr |kundnummer |kundenummer |mitglied |numero_client |n°_client |numero_de_client |numero_de_cliente
|codice_cliente |numero_cliente |klantnummer |asiakasnumero |numer_klienta |zakaznick |ugyfelszam
|ugyfelazonn |klientin |номер_клиента |客户编号 客户号 お客様番号 고객번호 会員番号 회원번호
|account_n |account_id |account_ending |kontonummer |konto-nr |kontonr |iban |numero_de_compte
|numero_de_cuenta |numero_de_conta |rekeningnummer |tilinumero |numer_rachunku |cislo_uctu |hesap_no
|contract |vertrag |contrat| |contrato |contratto |policy_n |polis |police_n |smlouv |szerzodes |umowy
|договор
|reference |referenz |referenc |ref. |ref: |ref_ |ref| |ref# |riferimento |referencia |ticket |case_n
|case_id |case# |case: |incident |vorgang |aktenzeichen |request_id |session_id |transaction_id
|transaction_n |transaktions-nr |sporen |spravce |tiket |тикет |обращени |заявк |звернен |заявлен مرجع
المرجع पंजीकरण_संख्या 工单 案件 受付番号 問い合わせ番号 お問い合わせ 접수번호
|booking |reservation |buchung |reserva| |reserva_ |reservas |reservier |reservering |prenotazion |boeking
|bokning |bestilling |bestillingsn |varaus |rezerw |rezerv |foglal |κρατησ |бронь |брони |броню |брониров
|резервац حجز الحجز رزرو बुकिंग বুকিং การจอง dat_cho |pemesanan |tempahan 预订 預訂 訂位 订位 予約 예약
முன்பதிவு బుకింగ్ ಬುಕಿಂಗ್ ബുക്കിംഗ് બુકિંગ ਬੁਕਿੰਗ आरक्षण වෙන්කිරීම ჯავშ ամրագր |umbhukisho |uhifadhi
|booking- |flight |flug |vuelo |pnr| পিএনআর पीएनआर பிஎன்ஆர் పిఎన్ఆర్ টিকিট टिकट டிக்கெட் టికెట్ ටිකට් ตั๋ว
机票 機票 车票 車票 切符 チケット 승차권 항공권 |билет |bilet |bilhete |boleto |billet_ |biglietto |tikets
|fahrkarte |vozna_ |letenk |jizdenk |locator |itinerar |check-in |checkin |e-ticket |seat |gate|
|phone |telephone |tel. |tel: |tel| |telefon |hotline |helpline |call_us |call: |call_ |fax |fax: |mobile
|rufnummer |appelez |telephon |telefono |telefone |llame |llama |ligue |puhelin |puh. |zadzwon |infolinia
|volejte |hivja |arayin |ara: τηλ |тел. |тел: |телефон |звоните טלפון هاتف اتصل تلفن फोन फ़ोन ফোন போன் ఫోన్
โทร dien_thoai |telepon |hubungi |simu| 电话 電話 お電話 전화 热线
|zip |postal |postcode |post_code |plz |postleitzahl |postnr |postnummer |postinumero |pocztow |psc| |irsz
|индекс |індекс 邮编 郵便番号 우편번호 〒 |p.o. |po_box |box_ |postfach |boite_postale |apartado |street
|strasse |straße |avenue |floor |suite
|vat |ust |ust-id |tva| |siret |siren| |rcs |nip: |regon |krs| |krs: |ico: |ico| |dic: |dic| |hrb |cif:
|nif: |cnpj |cpf| |инн |огрн |кпп |p.iva |p._iva |partita_iva |org.nr |orgnr |org._nr |cvr |kvk |btw |reg.
|registered |registration_n |company_n |gst |gstin |abn |tax_ |steuern |registern |handelsregister |адв.
|едрпоу |єдрпоу
|error |fehler |erreur |errore |fout |feil |virhe |blad |chyb |hiba| |hibakod |hata_ |ошибк |помилк |エラー
错误 오류 |http |status_code |exit_code |exit_ |build |commit |issue |pull_request |version |release
|source_code |area_code |country_code |dress_code |qr-code |qr_code |qr| |barcode |bar_code |product |item
|sku |model |serial |seriennummer |artikel |article |part_n |invite_only |postal_code |zip_code |vorwahl
|sort_code |sorting_code |swift |branch |ifsc
|ending_in |ending_ |ends_in |ends_with |endet_auf |endend |se_terminant |finissant |terminada |terminado
|terminaci |termina_en |final_ |finale_ |che_termina |eindigend |eindigt |slutar |slutter |ender_pa |paattyv
|konczac |koncic |vegzod |sonu_ |biten ληγει |заканч |закінч |завърш المنتهي المنتهيه
|amount |betrag |montant |importe |importo |valor_ |bedrag |belopp |belob |belop |kwota |kwot |castka
|osszeg |tutar |ποσο |сумма |сумму |сума| |sum_ |total |gesamt |balance |saldo |salden |points |punkte
|puntos |pontos |punti |followers |views |km| |meter_read |zahlerstand
|edition |ausgabe_ |nr. |isbn |issn |chapter |artikel-nr |since_ |seit_ |copyright |©
|course |class_code |participant_code |card_payment |kod_karty |kartenc |code_de_la_carte |numero_de_carte
|felkod |feilkode |fejlkode |vikakoodi |veakood |chybovy |kod_bledu |foutcode |codigo_de_erro
|codice_di_errore |κωδικοσ_σφαλμ |код_ошибки |код_помилки |код_за_греш |hata_kodu 错误代码 錯誤代碼 |puk|
|puk1 |iccid |sim-kart |sim_kart |carte_sim |tarjeta_sim |new_sim |sim_card |hotel |hôtel |survey |umfrage
|sondage |encuesta |rental |check_out |bokun |bron_ |bron| |bronlas |bezorg |koerier |courier |kurier
|coursier |livreur |corriere |mensajero |repartidor |kurir| |kuryer |driver |sofer |курьер |кур'єр |куриер
|доставчик |κουριερ |שליח المندوب مندوب 快递员 配達員 기사 |safe_ |sef_ |sef| |sejf |trezor |tresor |kljuc
|klic_ |klicu |kulcs |nokkel |nyckel |sleutel |llave |chiave |chave_ |clef| |cles| |schlussel |avain |klucz
|anahtar |κλειδ |ключ |مفتاح מפתח 钥匙 鑰匙 鍵 열쇠 |error_code |fehlercode |code_d'erreur |codigo_de_error
|codice_errore |product_code |item_code |employee |personalnummer |matricula |matricola |student |patient
|policy_number |licence_plate |license_plate |license_key |licence_key |kennzeichen |locker |schliessfach
|abholcode |pickup |pick-up |pick_up |abhol |hamtkod |hamtnings |uthamtning |utlamning |afhentning |hentekod
|hentenummer |noutokood |noutonumero |noudon |noudett |atvetel |atveteli |ridicare |preuzim |prevzem
|prevzeti |atsiemim |izsniegsan |katteolesaamis |valjastus |teslimat |teslim_kod |retirada |levantamento
|recollida |recolha |ophaal |получени |выдач |отриманн |видач |получаване |преземање |преузима |παραλαβ אסיף
איסוף הזמנה_מספר الاستلام استلام التسليم تحويل دريافت_مرسوله पिकअप डिलीवरी_कोड ডেলিভারি_কোড รับพัสดุ
nhan_hang |pengambilan 取件 取货 取貨 领取 受取 受け取り 引換 수령 픽업 |marreje |terheqje |retrait
|recogida |ritiro |odbior |vyzvednut |afhaal |udlevering |henting
|case_number |meter |versicherungsn |sozialvers |passport |ausweisn
"""

# Vouchers and promotions.
GIFT = """
|cart| |cart_ |basket |checkout |warenkorb |panier |carrito |carrinho |carrello |winkelwagen |winkelmand
|kundvagn |varukorg |kurv| |kurven |indkobskurv |handlekurv |ostoskor |ostukorv |korfu |koszyk |kosik
|kosiku |kosar |cosul_de |kosaric |kosarica |grozs |grozam |groza_ |krepsel |shporte |sepet |sebet |savat
|καλαθ |корзин |кошик |количк |кошничк |корпа |себет |сагс კალათ զամբյուղ סל_הקניות בסל بالسله السله
سبد_خريد چیک_آؤٹ चेकआउट कार्ट কার্ট ਕਾਰਟ கார்ட் ตะกร้า gio_hang |keranjang |troli 购物车 購物車 结账 カート
장바구니 결제_시 |vervekod |verv_en |varva_en |tipp_en |freunde_werb |freundschaftswerb |recommande
|apadrina |amigo |porta_un_amico |invita_un_amico |suosittele |polec |doporuc |odporuc |ajanl |recomanda
|priporoc |preporuc |рекоменд |приведи |arkadasini
|voucher |coupon |promo |promotion |discount |gift |giveaway |referral |refer_a |redeem |reward |loyalty
|cashback |sale| |%_off |off_ |off| |save_ |deal |offer_ |at_checkout |newsletter
gutschein |rabatt |geschenk |aktionscode |empfehlung |einlos |angebot |vorteilscode |code_promo |cadeau
|remise |reduction |parrain |bon_d'achat |soldes |descuento |cupon |regalo |canje |oferta |desconto |cupom
|cupao |presente| |vale-| |sconto |buono |offert |regal |reducere |korting |kado |cadeaubon |actiecode
|kortings |rabat |gavekort |gave| |tilbud |rabattkod |presentkort |erbjudande |alennus |alekoodi |lahja
|tarjous |soodus |kinkek |afslatt |gjafa |znizk |znizkow |kod_rabat |bon_ |bonu |kupon |promoc |slev |darkov
|zlav |kedvezm |ajandek |popust |nuolaid |dovan |atlaid |davan |zbritje |dhurat |indirim |hediye |kampanya
|endirim |chegirma |rabatkod
εκπτωσ |δωρ |κουπον |προσφορ |скидк |промо |подар |купон |акци |знижк |отстъпк |намален |попуст |жеңілдік
|арзандат |хямдрал ფასდაკლ ვაუჩერ զեղչ הנחה מתנה קופון خصم قسيمه هديه كوبون عرض_ تخفيف كد_تخفيف رعايت
ڈسكاؤنٹ छूट कूपन डिस्काउंट ऑफर सूट ছাড় কুপন ডিসকাউন্ট ડિસ્કાઉન્ટ ਛੋਟ தள்ளுபடி కూపన్ డిస్కౌంట్ ರಿಯಾಯಿತಿ
കിഴിവ് වට්ටම් ส่วนลด คูปอง โปรโมชั่น ສ່ວນຫຼຸດ បញ្ចុះតម្លៃ လျှော့ဈေး giam_gia khuyen_mai uu_dai |diskon
|promosi |diskaun |baucar |hadiah |punguzo |isaphulelo |afslag |rangwame ቅናሽ |gostyngiad |lascaine
优惠 優惠 折扣 礼品 禮品 促销 クーポン 割引 ギフト セール プレゼント キャンペーン 할인 쿠폰 기프트 프로모션
이벤트
"""

# Conferences, calls, doors, wireless networks.
ROOM = """
|meeting |conference |webinar |participant |konferenz |besprechung |teilnehmer |video_call |reunion_
|reunion| |conferenc |riunione |vergadering |mote| |motet |mode| |kokous |spotkani |schuzk |megbeszel
|toplanti |συσκεψ |собрани |конференц |встреч |нарад |совещан פגישה ועידה اجتماع الاجتماع جلسه बैठक मीटिंग
การประชุม cuoc_hop |rapat |mesyuarat 会议 會議 会議 ミーティング 회의
|wi-fi |wifi |wlan |ssid |door_code |door_pin |front_door |door: |gate_code |gate: |building_code |lockbox
|key_box |keybox |alarm_code |intercom |entrance |turcode |hausture |hoftor |schlusselbox |schlusseltresor
|schlusselsafe |digicode |portail |portillon |interphone |boite_a_cle |coffre_a_cle |puerta |portero
|caja_de_llaves |portao |fechadura |cofre_de_chave |citofono |cancello |portone |cassetta_delle_chiavi |deur
|achteringang |poort| |sleutelkluis |portkod |dorrkod |nyckelbox |dorkode |dorkod |portkode |nokkelboks
|nogleboks |ovikood |porttikood |avainbok |dyrakod |lyklabox |uksekood |durvju |duru_kod |bramy |brama
|bramka |domofon |do_drzwi |skrytk |k_brane |vchodov |vrata |ulazna |kapukod |ajtokod |kapucseng |interfon
|домофон |двери |подъезд |під'їзд |вхідних |врата |входната |θυρα |πορτας |πορτα |bina_giris |kapi |ドア
オートロック 門扉 门禁 門禁 大门 현관 도어락 출입문 الباب بوابه לדלת דלת درب دروازه दरवाज ประตู |pintu
|mlango
"""

# What only an invitation to a call says.
CALL = """
|meeting_id |meeting_number |webinar_id |conference_id |conference_pin |dial-in |dial_in |dial-by
|join_by_phone |join_by_tel |one_tap |one-tap |joining_info |host_key |access_code_for_the_call |meeting-id
|besprechungs-id |konferenz-id |konferenz-pin |einwahl |telefonkonferenz |telefonische_teiln |id_de_reunion
|id_de_la_reunion |numero_de_conference |id_reunion |id_riunione |id_da_reuniao |vergadering-id
|vergaderings-id |motes-id |mote-id |kokoustunnus |kokouksen_tunnus |identyfikator_spotk |id_spotkania
|id_schuzky |id_schuzk |id_stretnutia |ertekezlet-azon |ertekezletazon |toplanti_kimligi |идентификатор_конф
|идентификатор_собр |ідентифікатор_конф |id_συσκεψ معرف_الاجتماع שיחת_ועידה מזהה_פגישה 会议号 会议_id
會議_id ミーティング_id ミーティングid 会議id 회의_id |id_rapat |id_cuoc_hop รหัสการประชุม मीटिंग_आईडी
"""

# Phrases in which a listed word means something else.
NOTHING = """
|in_order_to |order_to |call_it |opinion |shopping |codec |encode |decode |codebase |code_review
|your_code_review |your_code_of |your_codebase |code_of_ |barcode_of |kodak |kodiak |saved |saved_
|no_longer |offline |off-
|secure_your |securite_sociale |social_security |confirm_your_order |newsletter_settings |call_for_
|call_to_ |recall |total_security |item| |items|
"""

# Right beside "code" these say which code it is; elsewhere they say nothing.
QUALIFIER = """
|customer |client |consumer |subscriber |payment |biller |prescription |appointment |student |patient |tax
|fiscal |company |seller |partner |agent |dealer |vehicle |payer |supplier |merchant |terminal |plan
|category |colour |color |country |location |station |group |team |class |event |activity |subject |module
|job |vacancy |campaign |source |property
|kunden |zahlung |rezept |termin |schul |patienten |steuer |firmen |haendler |produkt |fahrzeug |client|
|clients |client_ |paiement |ordonnance |rendez-vous |produit |cliente |pago |pagamento |receta |ricetta
|receita |cita| |fiscale |producto |prodotto |produto |klant |betaal |recept |afspraak |kund |betal |kunde
|asiakas |maksu |resepti |tuote |klient |maks |klienta |kliendi |makse |moketoj |mokejim |maksataj |maksajum
|abonent |abonat |recepty |skierow |platb |zakazni |predpis |ugyfel |fizetesi |termek |plata_ |produs
|musteri |abone |odeme |urun
πελατ |πληρωμ |προϊοντ |συνταγ |клиент |абонент |оплат |платеж |плательщ |рецепт |товар |клієнт |платіж
|кліент |плащан |клиентск |абонатен |купац |плаќањ |хэрэглэгч |төлбөр |тұтынушы |mijoz |tolov |müştəri
|odenis |მომხმარებ აბონენტ გადახდ բաժանորդ վճար לקוח מנוי תשלום عميل مشترك الدفع مشتري پرداخت صارف ادائیگی
उपभोक्ता ग्राहक भुगतान গ্রাহক পেমেন্ট வாடிக்கையாளர் கட்டண కస్టమర్ చెల్లింపు ಗ್ರಾಹಕ ಪಾವತಿ ഉപഭോക്തൃ പണമടയ്ക്ക
ગ્રાહક ਗਾਹਕ පාරිභෝගික ගෙවීම් ลูกค้า ชำระ ສູກຄ້າ ຊຳລະ អតិថិជន ទូទាត់ ဖောက်သည် khach_hang thanh_toan
|pelanggan |bayar |pembayaran |mteja |malipo |bezero |ordainketa |kliant |betalings |kwsmer |taliad
|custaimeir |kundu |ikhasimende |umthengi ደንበኛ ክፍያ 客户 客戶 缴费 付款 支付 商品 お客様 支払 고객 결제 납부
상품
"""

# Just "number".
NUMBER = """
|number| |no.| nr. nr: nummer: |nummer nummer| |nr| |nr.| |numero |n°| |nº| |num.| |numer| |numeru |cislo
|cisla |szam |szama| |broj |stevilka |numaras |numeris |numurs |numurs| |numri |number:| |nombor |nomor
|nambari |inombolo |lambar |lambarka |uimhir |rhif |zenbakia
αριθμ |номер |нумар |број |дугаар |нөмір |номери |raqam |nomre ნომერ համար מספר رقم_ الرقم شماره نمبر
क्रमांक संख्या नंबर नम्बर নম্বর নাম্বার નંબર ਨੰਬਰ எண் సంఖ్య నంబర్ ಸಂಖ್ಯೆ നമ്പർ നമ്പര് අංකය หมายเลข เลขที่
ເລກທີ លេខ_ နံပါတ် ቁጥር 번호 番号 番號 编号 編號 号码 號碼 代号 代號
|id| |id:| |id_ |user_id |username |uid|
"""

# Previous, replaced.
OLD = """
|previous |earlier |old_ |former |expired |replaces |replaced |cancelled |vorherig |fruher |alten_ |alter_
|alte_ |ungultig |abgelaufen |precedent |ancien |anterior |antigo |antiguo |vecchio |vorige |oude |forrige
|tidigare |gamla |gamle |edellin |vanha |eelmi |vana_ |poprzedn |predchoz |predos |stary_ |elozo |korabbi
|regi_ |prejsnj |prethodn |stari_ |ankstesn |iepriekse |onceki |eski |προηγουμεν |παλι |предыдущ |старый
|старого |попередн |предишн |стар |претходн წინა նախորդ הקודם קודם سابق السابق قبلي قديم पिछल पुरान পূর্ব
আগের முந்தைய ก่อนหน้า เดิม |truoc_do |cu| |sebelumnya |lama_ |terdahulu |zamani 以前 之前 上一 旧 舊 前の
以前の 이전 기존
"""
