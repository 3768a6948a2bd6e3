"""Words that make a number something else than a one-time code.

Notation: ``|`` marks where a word begins or ends, ``_`` is a blank; lines that begin with ``#`` are comments. All is
lower case and without accents. Full account: ``codewords``.
"""

from __future__ import annotations

# Labels of other numbers: order, invoice, parcel, customer, booking, phone, place, firm, error, product.
OTHER = """
# Latin letters
|abhol |abholcode |abholpin |abn |account_ending |account_id |account_n |afhaal |afhentning |agizo |aktenzeichen
|allo_ |amount |anahtar |anrufen |apartado |apelati |appelez |ara: |arayin |area_code |article |artikel |artikel-nr
|arve| |arve_ |asiakasnumero |atsiemim |atvetel |atveteli |auftrag |ausgabe_ |ausweisn |authorisation_n
|authorization_n |autorisationsnum |avain |avenue |azonositoszam |balance |balikobox |balikomat |bar_code |barcode
|bedrag |bel_ons |beleg| |belegn |belob |belop |belopp bestell |bestelling |bestilling |bestillingsn |betrag |bezorg
|bibliotekskort |biglietto |bilet |bilhete |bill_n |billet_ |billing| |biten |blad |boeking |boite_postale |bokning
|bokun |boleto |booking |booking- |box_ |branch |bron| |bron_ |bronlas |btw |buchung |build| |build_ |builds|
|buyurtma |call: |call_ |call_center |call_centre |call_us |card_payment |carne |carnet |cartao_final |carte_sim
|case# |case: |case_id |case_n |case_number |castka |certificate_verification |chapter |chave_ |chave_de_acesso_d
|che_termina |check-in |check_out |checkin |chiave |chyb |chybovy |cif: |cislo_operacie |cislo_uctu |class_code
|clave_de_acceso_del_comprobante |clef| |cles| |client_n |cnpj |code_d'erreur |code_de_la_carte |code_de_paiement
|code_de_remise |code_de_verification_du_document |codice_cliente |codice_di_consegna |codice_di_controllo_del_doc
|codice_di_errore |codice_di_migrazione |codice_di_verifica_del_doc |codice_errore |codigo_de_entrega |codigo_de_erro
|codigo_de_error |codigo_de_pago codigo_de_verificacao_da_nota |codigo_seguro_de_verif |colis |com_final |comanda|
|comenzi |commande |commit| |commit_ |commits| |company_n |con_final |consegna |consignment |contract |contrat|
|contrato |contratto |copyright |corriere |country_code |courier |course |coursier |cpf| |csomag |csomagautomat |csv:
|curier |customer_id |customer_n |customer_no |customer_since |cvr dat_cho |delivery |delivery_code |delivery_pin
|dic| |dic: dien_thoai |document_verification_code don_hang |doreczyciel |dorucovatel |dostavljac |dress_code |driver
|dzwon |e-arsiv |e-fatura |e-invoice |e-ticket |easybox |edition |eindigend |eindigt |employee |encomenda |encuesta
|endend |ender_pa |endet_auf |ending_ |ending_in |ends_in |ends_with |entregador |envio |epp_code |erreur |error
|error_code |errore |exit_ |exit_code |factura |factura_electronica |facture |facture_electronique |factuur |fahrkarte
|faktur |fattura |fattura_elettronica |fatura |fax |fax: |fehler |fehlercode |feil |feilkode |fejlkode |felkod
|finale_ |finissant |flight |floor |flug |foglal |folio_fiscal |followers |forsendelse |fout |foutcode |futar|
|futarnak |gate| |gesamt |goi_ |gonderi |gst |gstin |hamtkod |hamtnings |hand-over_code |handelsregister
|handover_code |hata_ |hata_kodu |helistage |helpline |hentekod |hentenummer |henting |hesap_no |hiba| |hibakod |hivja
hoa_don |hotel |hotel_safe |hotline |hrb |http |hubungi |hôtel |iban |iccid |ico| |ico: |ifsc |im._kod |imones_kod
|importe |importo |incident |infolinia |invite_only |invoice |irsz |isbn |iskaznic |islem_no |islem_numarasi |iso_
|issn |issue| |issue_n |issues| |item |item_code |itinerar |izkaznic |izleme |izsekos |izsniegsan |jalgimis |jizdenk
|karekod |kargo |kartenc |kartennummer |kartnummer |katteolesaamis |kennzeichen |klantenservice |klantnummer |klic_
|klicu |klientin |kljuc |klucz |km| |kod_bledu |kod_karty |kode_bayar |kode_booking |kode_pembayaran |koerier
|kol_centar |koncic |konczac |konto-nr |kontonr |kontonummer |kortnummer |krs| |krs: |kuitti |kulcs |kuller| |kulleri
|kunde_seit |kunden-nr |kundennr |kundennummer |kundenummer |kundnummer |kurier |kurir| |kurjer |kurye |kuryer
|kuzatuv |kvitter |kvitto |kvk |kwot |kwota |lahetille |lahetti |lanekort |lanthega |lasku| |laskun |legitimatie
|legitymacj |leserausweis |letenk |levantamento |licence_key |licence_plate |license_key |license_plate |lieferung
|ligue |linea_verde |livraison |livreur |llama |llame |llave |locator |locker |ma_gd |ma_giao_dich ma_thanh_toan
|marreje |matricola |matricula |megrendel |member_id |member_n |member_since |membership |mensajero |meter |meter_read
|migratiecode |mitglied |mobile |model |montant |motoboy |narocil |narudzb |nazovite |new_sim |nf-e |nguoi_giao
nhan_hang |nif: |nip: |no_referensi |nokkel |nomor_referensi |nota_fiscal |noudett |noudon |noutokood |noutonumero
|nr. |nr_operacji |number_porting |numer_klienta |numer_operacji |numer_rachunku |numer_sprawy |numero_client
|numero_cliente |numero_de_autoriz |numero_de_carte |numero_de_client |numero_de_cliente |numero_de_compte
|numero_de_conta |numero_de_cuenta |numero_de_operac |numero_verde |nyckel |nyomkovet |n°_client |objednav |oda|
|odbior |odeme_kodu |olvasojegy |ophaal |order| |order# |order- |order_id |order_n |ordernummer |orders| |ordine
|ordre| |ordrenr |ordrenummer |org._ |org._nr |org.nr |orgnr |osszeg |p._iva |p.iva |p.o. |paattyv |pac_ |packstation
|paczk |paczkomat |pakautoma |paket |pakettiautoma |pakiautoma |pakke |pakkenr |paragon |parcel |part_n
|participant_code |partita_iva |pasiuntin |passport |pasutij |patient |payment_code |payment_ref |pedido |pemesanan
|pengambilan |pengiriman |personalnummer |pesanan |phone |pick-up |pick_up |pickup |piga_simu |plz |pnr| |po_box
|pocztow |points |poklicite |police_n |policy_n |policy_number |polis |pontos |porosi |portabil |portierungs |porting_
|porudzb |posiljk |post_code |postal |postal_code |postcode |postfach |postinumero |postleitzahl |postnr |postnummer
|pozovite |pracen |prenotazion |preukaz |preuzim |prevzem |prevzeti |product |product_code |protocollo |protocolo
|pruefcode_des |prukaz |przesylk |psc| |puh. |puhelin |puk| |puk1 |pull_request |punkte |punti |puntos |purchase
|pvm_kod |qr| |qr-code |qr_code |quittung |rakning |rastre |rcs |receipt |rechnung |recibo |recogida |recolha
|recollida |ref| |ref# |ref. |ref: |ref_ |referenc |reference |referencia |referenz |reg. |registered |registern
|registration_n |regon |rekeningnummer |rekin |release_n |releases |rendeles |rental |repartidor |request_id |reserva|
|reserva_ |reservas |reservation |reservering |reservier |resi| |retirada |retrait |rezerv |rezerw |rfc_ |ricevuta
|ridicare |riferimento |ring: |ring_ |ritiro |rufen_sie |rufnummer |safe_code |salden |saldo |sample_code |saskait
|schliessfach |schlussel |se_terminant |seat |sef| |sef_ |seguimiento |sejf |sekimo |sendung |serial |seriennummer
|session_id |seuranta |shayela |shipment |shipping |sifaris |sim-kart |sim_card |sim_kart |simu| |siparis |siren|
|siret |siunt |skambinkite |sku |sledovan |sleutel |slutar |slutter |smlouv |sofer |soita_ |sondage |sonu_ |sort_code
|sorting_code |source_code |sozialvers |sparning |spedizion |sporen |sporing |sporings |spravce |spårnings |statement
|status_code |steuern |strasse |straße |street |student |suite |suivi |sum_ |sunati |survey |sutij |swift
|switching_code |szamla |szerzodes |tagsagi |takip |tarjeta_sim |tawagan |tax_ |tel| |tel. |tel: |telefon |telefone
|telefono |telephon |telephone |telepon |tellimu |tempahan |terheqje |termina_en |terminaci |terminada |terminado
|teslim_kod |teslimat |tessera |the_safe |ticket |tiket |tikets |tilaus |tilinumero |timbre_fiscal |total |tracciam
|tracking |transaction_id |transaction_n |transaktions-nr |tresor |trezor |tumawag |tutar |tva| |ubergabecode |uctenk
|udlevering |ugyfelazonn |ugyfelszam |uhifadhi |umbhukisho |umfrage |umowy |urmarire |ust| |ust-id |ust._id
|uthamtning |utlamning |uye_no |uyelik_no |uzsakym |valjastus |valor_ van_don |varaus |vat |veakood |vegzod
|verification_code_of_the_doc |verification_code_of_this_doc |versicherungsn |version |vertrag |verzend |views
|vikakoodi |virhe |volejte |vorgang |vorwahl |vozna_ |vuelo |vyzvednut |your_phone_number |zadzwon |zahlerstand
|zahlungscode |zakaznick |zamowien |zasielk |zasilk |zavolejte |zending |zip| |zip_code |zustell |zvaniet |©
# Greek
αποστολ |κλειδ |κουριερ |κρατησ |κωδικοσ_σφαλμ ληγει παραγγελ |παραλαβ |ποσο τηλ τιμολογ
# Cyrillic
|адв. |билет |брони |брониров |бронь |броню |буйрут |видач |выдач |відправл |гаряч_лін |гаряча_лін |горяч |договор
|доставк |доставчик |едрпоу |жедел_желі |завърш |заказ |заканч |закінч |замовлен |захиалга |заявк |заявлен |звернен
|звоните |индекс |инн |квитанц |ключ |код_за_греш |код_оплаты |код_ошибки |код_платежа |код_помилки |кпп |кур'єр
|куриер |курир |курьер |нарачк |наручб |номер_клиента |номер_операции |номер_операціі |обращени |огрн |отриманн |ошибк
|получаване |получени |помилк |поруџб |поръчк |посилк |постамат |посыл |поштомат |пратк |преземање |преузима |рахунк
|рахунок |резервац |сума| |сумма |сумму |счет- |счет_ |счета |счёт |тапсырыс |тел. |тел: |телефон |тикет |трек |фактур
|єдрпоу |індекс |қадағалау
# Georgian and Armenian
ամրագր |թեժ_գիծ պատվեր შეკვეთ |ცხელი_ხაზი ჯავშ
# Hebrew
איסוף אסיף אסמכתא ההזמנה הזמנה_מספר הזמנתך חשבונית טלפון מוקד_שירות מספר_אסמכתא מספר_הזמנה מפתח משלוח קבלה |שליח
# Arabic
آرڈر اتصل استلام الاستلام التسليم الحجز الخط_الساخن الشحنه المرجع المنتهي المنتهيه المندوب ايصال تحويل تلفن حجز
خط_ساخن دريافت_مرسوله رزرو رقم_الطلب رقم_العمليه رقم_المرجع رقم_المعامله |رمز_الدفع سفارش شحن شماره_سفارش صورتحساب
طلب_رقم طلبك_رقم فاتوره كد_پرداخت كد_پيگيري مرجع مرسوله |مفتاح مندوب هاتف هاٹ_لاين هيلپ_لاين
# India, Sri Lanka, Tibet
आरक्षण इनवॉइस ऑर्डर टिकट डिलीवरी डिलीवरी_कोड पंजीकरण_संख्या पिकअप पीएनआर फ़ोन फोन बीजक बुकिंग शिपमेंट संदर्भ_क्रमांक
संदर्भ_संख्या हटलाइन हेल्पलाइन हॉटलाइन অর্ডার চালান টিকিট ডেলিভারি_কোড পিএনআর ফোন বুকিং হটলাইন হেল্পলাইন ਆਰਡਰ ਬੁਕਿੰਗ
ਹੈਲਪਲਾਈਨ ઓર્ડર બુકિંગ હેલ્પલાઇન ஆர்டர் உதவி_எண் டிக்கெட் பிஎன்ஆர் போன் முன்பதிவு ஹெல்ப்லைன் ఆర్డర్ టికెట్ పిఎన్ఆర్ ఫోన్ బుకింగ్ హెల్ప్_లైన్
హెల్ప్లైన్ ಆರ್ಡರ್ ಬುಕಿಂಗ್ ಸಹಾಯವಾಣಿ ഓർഡർ ബുക്കിംഗ് ഹെൽപ്പ്_ലൈൻ ഹെൽപ്ലൈൻ ඇණවුම ටිකට් වෙන්කිරීම
# Thailand, Laos, Cambodia, Myanmar
การจอง คำสั่งซื้อ ตั๋ว พัสดุ รับพัสดุ สายด่วน หมายเลขอ้างอิง เลขที่รายการ เลขอ้างอิง โทร ใบแจ้งหนี้ ການສັ່ງຊື້ ສາຍດ່ວນ အော်ဒါ បញ្ជាទិញ
# Chinese and Japanese
〒 お問い合わせ お客様番号 お電話 |エラー チケット フリーダイヤル ホットライン 业务号 业务编号 予約 交易号 交易編號
付款码 会員番号 切符 发票 取件 取貨 取货 受け取り 受付番号 受取 問い合わせ番号 客户号 |客户编号 客服 工单 引換 快递
快递员 快遞 承認番号 授权号 授权码 支払番号 收据 机票 案件 機票 注文 流水号 流水號 热线 照会番号 熱線 电话 發票 訂位
訂單 請求書 订位 订单 車票 车票 运单 追跡 送り状 邮编 郵便番号 配送 配達員 錯誤代碼 鍵 鑰匙 钥匙 错误 错误代码 電話
預訂 領収 预订 领取
# Korean
거래번호 고객센터 대표번호 접수번호 고객번호 기사 배송 수령 승인_번호 승인번호 승차권 열쇠
영수증 예약 오류 우편번호 운송장 전화 접수번호 주문 청구서 픽업 항공권 회원번호
"""

# Phrases in which a listed word means something else.
NOTHING = """
# Latin letters
|a_acceptat |a_accepte |a_accepte_ton_invitation |a_accepte_votre_invitation |accepted_the_invit |accepted_your
|accepted_your_connection |accepted_your_invit |accepterat_din_inbjudan |accepteret_din_invitation |access_token_expir
|aceitou_ |aceitou_o_seu_convite |aceitou_o_teu_convite |aceitou_seu_convite |acepto_tu |acepto_tu_invitacion
|akseptert_invitasjonen_din |angenommen| |anvandar |api_key |api_token |barcode_of |bearer_token |call_for_ |call_it
|call_to_ |code_of_ |code_review |codebase |codec |confirm_your_order |da_chap_nhan_loi |davetini_kabul_etti
|davetinizi_kabul_etti |decode |dein_telefon| |deploy_key |deploy_token |din_telefon| |einladung_angenommen
|elfogadta_a |encode |fiokod |geaccepteerd| |gebruiker |godtatt_invitasjonen_din |ha_accettato
|ha_accettato_il_tuo_invito |ha_accettato_l'invito |ha_aceptado |ha_aceptado_su_invitacion |ha_aceptado_tu_invitacion
|har_accepterat |har_accepteret |har_akseptert |har_godtatt |has_accepted |hat_deine_freund |hat_deine_kontakt
|heeft_je_uitnod |hyvaksyi_ |ihr_telefon| |in_order_to |item| |items| |kabul_etti| |kayttaja |kodak |kodiak
|menerima_permintaan |neue_telefon| |neues_telefon| |new_mobile| |new_phone| |newsletter_settings |no_longer
|noul_telefon| |nouveau_telephone| |nov_telefon| |noveho_telefonu| |novi_telefon| |novo_telefone| |novy_telefon|
|nowego_telefonu| |nowy_telefon| |nuevo_telefono| |nuovo_telefono| |ny_telefon| |nya_telefon| |nye_telefon| |off-
|offline |old_phone| |opinion |order_to |personal_access_token |prijal_ |przyjal_twoje_zaproszenie
|przyjela_twoje_zaproszenie |recall |refresh_token |saved |saved_ |secure_your |securite_sociale |seu_telefone|
|shopping |social_security |su_telefono| |suo_telefono| |telefon_baharu| |telefonul_nou| |telefonul_tau| |telefonunuz|
|telepon_baru| |teu_telefone| |this_phone| |token_expir |ton_telephone| |total_security |tu_telefono| |tuo_telefono|
|tvuj_telefon| |twoj_telefon| |twojego_telefonu| |uitnodiging_geaccepteerd |uj_telefon| |utilizador |utilizator
|uus_telefon| |vas_telefon| |votre_telephone| |yeni_telefon| |your_code_of |your_code_review |your_codebase
|your_mobile| |your_mobile_phone| |your_new_phone| |your_phone| |zaakceptowal |zaakceptowal_twoje_zaproszenie
|zaakceptowala_twoje_zaproszenie
# Greek
|αποδεχτηκε |δεχτηκε_το
# Cyrillic
|ваш_телефон| |вашего_телефона| |вашия_телефон| |вашого_телефона| |нови_телефон| |новий_телефон| |новия_телефон|
|нового_телефона| |новый_телефон| |прииняв_ваш |прииняв_ваше_запрошення |прииняла_ваш |прииняла_ваше_запрошення
|принял_ваш |принял_ваше_приглашение |приняла_ваш |приняла_ваше_приглашение |старонк |старт |твой_телефон|
# Hebrew
אישר_את_בקשת אישרה_את_בקשת
# Arabic
قبل_طلب قبلت_طلب
# India, Sri Lanka, Tibet
उपयोगकर्ता स्वीकार_कर_लिया ব্যবহারকারী
# Thailand, Laos, Cambodia, Myanmar
ผู้ใช้ ยอมรับคําขอเป็น
# Chinese and Japanese
使用者 承認しました 招待を承認しました 接受了你 接受了你的邀请 接受了您 接受了您的邀請 接受了您的邀请
# Korean
사용자 수락했 초대를_수락했
"""

# Right beside "code" these say which code it is; elsewhere they say nothing.
QUALIFIER = """
# Latin letters
|abonat |abone |abonent |activity |afspraak |agent |alarm |appointment |asiakas |bayar |betaal |betal |betalings
|bezero |bike |biller |buchungs |campaign |candidate |category |cita| |class |client |client| |client_ |cliente
|clients |color |colour |company |consumer |copier |country |custaimeir |customer |dealer |event |fahrzeug |firmen
|fiscal |fiscale |fizetesi |galerie |gallery |giao_dich |group |gym |haendler |ikhasimende |islem |job |kandidat
khach_hang |klant |kliant |kliendi |klient |klienta |kund |kunde |kunden |kundu |kwsmer |location |locker |maks
|maksajum |maksataj |makse |maksu |malipo |membership |merchant |mijoz |module |mokejim |moketoj |mteja |musteri
|müştəri |odeme |odenis |operacao |operacion |operacji |operazione |ordainketa |ordonnance |pagamento |pago |paiement
|parkausweis |parking |partner |patient |patienten |payer |payment |pelanggan |pembayaran |permit |peticion |plan
|plata_ |platb |pool |pratica |predpis |prescription |prodotto |producto |produit |produkt |produs |produto |property
|pruef |receita |recept |recepty |receta |rendez-vous |resepti |rezept |ricetta |sample |schul |seller |sendungs
|skierow |solicitacao |solicitud |source |station |steuer |student |subject |subscriber |supplier |taliad |tapahtuma
|tax |team |termek |termin |terminal thanh_toan |tolov |tramite |transacao |transaccion |transaction |transakc
|transaksi |transaktion |transazione |tranzac |tranzakc |tuote |ugyfel |umthengi |urun |vacancy |vehicle |vorgangs
|zahlung |zakazni
# Greek
πελατ |πληρωμ |προϊοντ |συναλλαγ |συνταγ
# Cyrillic
|абонатен |абонент |клиент |клиентск |кліент |клієнт |купац |операц |оплат |платеж |плательщ |платіж |плащан |плаќањ
|рецепт |товар |транзакц |тұтынушы |төлбөр |хэрэглэгч
# Georgian and Armenian
բաժանորդ վճար აბონენტ გადახდ |მომხმარებ
# Hebrew
המעשה לקוח מנוי תשלום
# Arabic
ادائیگی الدفع العمليه صارف عميل مشترك مشتري پرداخت
# Ethiopic
ክፍያ ደንበኛ
# India, Sri Lanka, Tibet
उपभोक्ता ग्राहक भुगतान लेनदेन গ্রাহক পেমেন্ট ਗਾਹਕ ગ્રાહક கட்டண வாடிக்கையாளர் కస్టమర్ చెల్లింపు ಗ್ರಾಹಕ ಪಾವತಿ ഉപഭോക്തൃ പണമടയ്ക്ക ගෙවීම්
පාරිභෝගික
# Thailand, Laos, Cambodia, Myanmar
ชำระ ธุรกรรม ลูกค้า ຊຳລະ ສູກຄ້າ ဖောက်သည် ទូទាត់ អតិថិជន
# Chinese and Japanese
お客様 交易 付款 取引 商品 客戶 客户 支付 支払 缴费
# Korean
거래 결제 고객 납부 상품
"""

# Just "number".
NUMBER = """
# Latin letters
|broj |cisla |cislo |id_ |id| |id:| |identifiant |identificador |identificativo |identifier |identifikasjonsnummer
|identifikator |identyfikator |inombolo |lambar |lambarka |nambari |no.| |nombor |nomor |nomre |nr| nr. |nr.| nr:
|num.| |numaras |number| |number:| |numer| |numeris |numero |numeru nummer| |nummer nummer: |numri |numurs |numurs|
|n°| |nº| |raqam |rhif |stevilka |szam |szama| |uid| |uimhir |user_id |username |zenbakia
# Greek
αριθμ
# Cyrillic
|број |дугаар |идентификатор |номер |номери |нумар |нөмір
# Georgian and Armenian
համար ნომერ
# Hebrew
מספר
# Arabic
الرقم رقم_ شماره نمبر
# Ethiopic
ቁጥር
# India, Sri Lanka, Tibet
क्रमांक नंबर नम्बर संख्या নম্বর নাম্বার ਨੰਬਰ નંબર எண் నంబర్ సంఖ్య ಸಂಖ್ಯೆ നമ്പര് നമ്പർ අංකය
# Thailand, Laos, Cambodia, Myanmar
หมายเลข เลขที่ ເລກທີ နံပါတ် លេខ_
# Chinese and Japanese
代号 代號 号码 番号 番號 編號 编号 號碼
# Korean
번호
"""

# Previous, replaced.
OLD = """
# Latin letters
|abgelaufen |alte_ |alten_ |alter_ |ancien |ankstesn |anterior |antigo |antiguo |cancelled |cu| |earlier |edellin
|eelmi |elozo |eski |expired |former |forrige |fruher |gamla |gamle |iepriekse |korabbi |lama_ |old_ |onceki |oude
|poprzedn |precedent |predchoz |predos |prejsnj |prethodn |previous |regi_ |replaced |replaces |sebelumnya |stari_
|stary_ |terdahulu |tidigare |truoc_do |ungultig |vana_ |vanha |vecchio |vorherig |vorige |zamani
# Greek
|παλι |προηγουμεν
# Cyrillic
|попередн |предишн |предыдущ |претходн |стар |старого |старый
# Georgian and Armenian
նախորդ წინა
# Hebrew
הקודם קודם
# Arabic
السابق سابق قبلي قديم
# India, Sri Lanka, Tibet
पिछल पुरान আগের পূর্ব முந்தைய
# Thailand, Laos, Cambodia, Myanmar
ก่อนหน้า เดิม
# Chinese and Japanese
上一 之前 以前 以前の 前の 旧 舊
# Korean
기존 이전
"""

# "A code like", "such as", "for example", right before a number.
EXAMPLE = """
# Latin letters
|as_in| |bijv. |bijvoorbeeld| |comme| |como| |contoh| |contohnya| |de_exemplu| |do_tipo| |du_type| |e.g. |esim.
|esimerkiksi| |etwa| |f.eks. |for_eksempel| |for_example| |for_instance| |i_stil_med| |jak| |jako| |kaip| |kuten|
|like| |looks_like| |mesela| |mint| |misalnya| |na_primjer| |na_przyklad| |napr. |napriklad| |nhu| |np. |npr.
|ornegin| |p._ex. |p.ej. |p.ex. |par_exemple| |peldaul| |per_esempio| |por_ejemplo| |por_exemplo| |przykladowo|
|seperti| |som| |such_as| |t.ex. |till_exempel| |vi_du| |wie| |wie_etwa| |z._b. |z.b. |zoals| |zum_beispiel|
# Greek
|για_παραδειγμα| |οπωσ| |π.χ.
# Cyrillic
|вроде| |к_примеру| |как| |на_кшталт| |на_пример| |напр. |наприклад| |например| |типа| |як|
# Hebrew
|כגון| |כמו| |לדוגמא| |לדוגמה| |למשל|
# Arabic
|جيسے| |كمثال| |مانند| |مثل| |مثلا|
# India
|उदाहरण| |उदाहरण_के_लिए| |जैसे| |যেমন| |உதாரணமாக|
# Thailand
ตัวอย่าง เช่น
# Chinese and Japanese
たとえば 例 例えば 例如 如 比如 譬如
# Korean
예 예를_들어 예시
"""

# "Was used", "has expired", "is no longer valid", after a number.
SPENT = """
# Latin letters
|a_deja_ete_utilise |a_ete_utilise |a_expirado |a_expire| |a_fost_folosit |a_fost_utilizat |byl_pouzit |caduco|
|da_het_han |da_su_dung |deixou_de_ser_val |doesn't_work_any |e_expirat |e_scaduto |e_stato_usato |e_stato_utilizzato
|ei_ole_enaa_voimassa |ei_toimi_enaa |er_blevet_brugt |er_brugt| |er_ikke_laengere_gyldig |er_ikke_lenger_gyldig
|er_udlobet |er_utlopt |esta_caducado |esta_vencido |expiro| |expirou| |foi_usado |foi_utilizado |fue_usado
|fue_utilizado |fungerar_inte_langre |funziona_piu |gaelder_ikke_laengere |galler_inte_langre |gecerli_degil
|gilt_nicht_mehr |gjelder_ikke_lenger |ha_caducado |ha_expirado |ha_sido_usado |ha_sido_utilizado |had_expired|
|har_anvants |har_gatt_ut |har_upphort |has_already_been_used |has_already_expired |has_been_used |has_expired|
|has_now_expired |is_already_used |is_expired |is_gebruikt |is_niet_meer_geldig |is_no_longer_valid
|is_not_valid_anymore |is_now_expired |is_verlopen |ist_abgelaufen |ist_bereits_abgelaufen |ist_nicht_mehr_gultig
|ist_ungultig_geworden |ja_nao_e_val |ja_no_es_valid |ja_no_val |je_iskoristen |je_istekao |jest_juz_niewazny
|juz_nie_dziala khong_con_hieu_luc |kullanildi| |lejart| |mar_nem_erv |mar_nem_ervenyes |n'est_plus_val
|n'est_plus_valable |nao_e_mais_valido |ne_fonctionne_plus |nie_dziala_juz |nie_jest_juz_wazny |no_es_valido_ya
|no_longer_counts |no_longer_valid| |no_longer_works |non_e_piu_valido |non_vale_piu |nu_mai_este_valabil
|nu_mai_functioneaza |on_kaytetty |on_vanhentunut |platnost_vyprsela |s-a_folosit |sona_erdi |stracil_waznosc
|sudah_digunakan |sudah_kadaluarsa |sudah_kedaluwarsa |suresi_doldu |telah_digunakan |telah_kedaluwarsa |telah_tamat
|tidak_berlaku_lagi |utracil_waznosc |uz_nefunguje |uz_neplati |vyprsel| |was_already_used |was_just_used
|was_recently_used |was_successfully_used |was_used| |werd_gebruikt |werkt_niet_meer |wurde_benutzt
|wurde_bereits_benutzt |wurde_bereits_genutzt |wurde_bereits_verwendet |wurde_fur_die_anmeldung |wurde_genutzt
|wurde_verwendet |wurde_zum_anmelden |wurde_zur_anmeldung |wygasl| |ya_no_es_valido |ya_no_funciona |ya_no_sirve
|ya_no_vale |zostal_uzyty |zostal_wykorzystany
# Greek
|δεν_ισχυει_πλεον |εληξε| |εχει_ληξει |χρησιμοποιηθηκε
# Cyrillic
|больше_не_действ |больше_не_работ |был_использован |більше_не_дійс |більше_не_дійсн |більше_не_діє |більше_не_прац
|вече_не_важи |використано |е_използван |закінчився| |изтекъл |истек| |истёк| |недействителен |просрочен
|уже_использован |устарел
# Hebrew
|כבר_לא_בתוקף |נוצל |פג| |פג_תוקפו |שימש
# Arabic
انتهت_صلاحيته |انتهت_صلاحيه تم_استخدامه لم_يعد_صالح منقضي_شده
# India
का_उपयोग_किया_गया समाप्त_हो_गय समाप्त_हो_चुक মেয়াদ_শেষ_হয়ে_গেছে
# Thailand
ถูกใช้แล้ว หมดอายุแล้ว
# Chinese and Japanese
使用されました 使用済み 已使用 已失效 已被使用 已过期 已過期 期限が切れました 期限切れです 無効になりました
# Korean
만료됐 만료되었 사용됐 사용되었
"""

# What is only said of a time to come ("until it has expired").
NOT_SPENT = """
# Latin letters
|it_has_been_used |it_has_expired |it_is_expired |it_is_no_longer_valid |it_was_used |suresi_doldugunda
|suresi_dolduktan
"""

# "A phone ending in", right before the last digits of a number.
ENDING = """
# Latin letters
|acabada_en| |acabado_en| |berakhir| |berakhir_dengan| |berakhiran| |care_se_termina_cu| |che_finisce_con|
|che_termina_con| |con_finale| |dat_eindigt_op| |dengan_akhiran| |eindigend_op| |eindigt_op| |ended_in| |endend_auf|
|endend_mit| |ender_pa| |endet_auf| |endet_mit| |ending |ending| |ending_in| |ending_with| |ends_in| |ends_with|
|endung| |endziffern| |final| |finissant_par| |kas_beidzas_ar| |ket_thuc_bang| |ki_se_konca_na| |koja_zavrsava_na|
|koji_zavrsava_na| |konciace_na| |konciacej_na| |konciacou_na| |koncici_na| |konczaca_sie_na| |konczacej_sie_na|
|konczacy_sie_na| |konczacym_sie_na| |last_4_digits| |last_digits| |last_four_digits| |letzten_ziffern| |loppuu|
|lopuga| |mis_lopeb_numbritega| |o_koncowce| |paattyva| |paattyy| |pasibaigianti| |pasibaigiantis| |se_konca_z|
|se_termina_in| |se_terminant_par| |se_termine_par| |slutar_med| |slutar_pa| |slutter_pa| |so_cuoi| |som_ender_pa|
|som_slutar_pa| |som_slutter_pa| |son_4_hanesi| |son_dort_hanesi| |sonu| |termina_con| |termina_em| |termina_en|
|terminada_em| |terminada_en| |terminado_em| |terminado_en| |terminant_par| |terminante_con| |terminat_in|
|terminata_in| |z_koncowka| |zakonczona_na| |zakonczonej_na| |zakonczony_na| |zavrsava_na|
# Greek
|ληγει_σε| |που_ληγει_σε| |που_τελειωνει_σε|
# Cyrillic
|завършващ_на| |завършваща_на| |заканчивается_на| |заканчивающеися_на| |заканчивающиися_на| |заканчивающуюся_на|
|закінчується_на| |која_се_завршава_на| |који_се_завршава_на| |оканчивающиися_на| |с_окончанием| |що_закінчується_на|
# Hebrew
|המסתיים_ב| |המסתיימת_ב| |ספרות_אחרונות| |שמסתיים_ב|
# Arabic
|المنتهي_ب| |المنتهي_بالرقم| |المنتهيه_ب| |تنتهي_ب| |ينتهي_ب|
# Thailand, Laos, Cambodia, Myanmar
ลงท้ายด้วย
# Chinese and Japanese
下4桁 下四桁 尾号 尾号为 尾號 尾號為 末4碼 末四位 末四碼 末尾 末尾が
# Korean
끝_네_자리 끝자리 뒷자리
"""

# "Ile biten", right behind them.
ENDED = """
# Latin letters
|ile_biten |ile_sonlanan |ra_vegzodo |re_vegzodo |vegu_ |vegzodesu
# India, Sri Lanka, Tibet
से_खत्म से_समाप्त
# Chinese and Japanese
で終わり で終わる
# Korean
로_끝나 번으로_끝 으로_끝나
"""
