"""What whoever told staff of a matter reads of it in the other languages of the residents' pages; what is not here is English."""

from __future__ import annotations

from typing import Final

#: The order of the words below.
KEYS: Final = (
    "report_slip", "report_track", "report_state", "report_steps", "report_code", "report_send", "report_do", "report_add",
    "report_is_received", "report_is_accepted", "report_is_in_hand", "report_is_settled", "report_is_closed",
    "report_is_withdrawn", "report_is_not_ours", "report_step_received", "report_step_accepted", "report_step_in_hand",
    "report_step_settled", "report_step_closed", "report_step_reopened", "report_step_added", "report_step_passed_on",
    "report_step_escalated", "report_step_convened", "report_step_visited", "report_step_mediated", "report_step_paused",
    "report_step_resumed", "report_step_reviewed", "report_step_followed_up", "report_next_received", "report_next_in_hand",
)  # fmt: skip
_SAID: Final[dict[str, tuple[str, ...]]] = {
    "ko": (
        "이 코드로 처리 진행을 확인하세요", "내 신고", "현재 상황", "진행 과정", "접수 코드", "보내기", "할 수 있는 일", "내용 추가",
        "접수되었으며 담당자를 기다리고 있습니다.", "담당자가 맡아 준비 중입니다.", "처리 중입니다.", "해결되었습니다.", "종결되었습니다.",
        "철회되었습니다.", "파출소 소관이 아닙니다. 아래 설명을 보세요.", "접수", "담당", "처리 시작",
        "해결", "종결", "다시 처리", "추가", "이관",
        "상급으로 올림", "합동 조정", "방문", "조정", "일시 중지",
        "재개", "공개 평가", "사후 방문", "{at}까지 담당자가 맡습니다.", "{at}까지 해결할 예정입니다.",
    ),
    "ja": (
        "このコードで進み具合を確認できます", "私の届け出", "現在の状況", "経過", "受付コード", "送信", "できること", "追記する",
        "受け付けました。担当者を待っています。", "担当者が引き受け、準備中です。", "対応中です。", "解決しました。", "終了しました。",
        "取り下げられました。", "派出所の担当ではありません。下の説明をご覧ください。", "受付", "引き受け", "対応開始",
        "解決", "終了", "再対応", "追記", "引き継ぎ",
        "上の段階へ", "合同調停", "訪問", "調停", "一時停止",
        "再開", "公開評価", "事後訪問", "{at}までに担当者が引き受けます。", "{at}までに解決する予定です。",
    ),
    "vi": (
        "Dùng mã này để theo dõi vụ việc", "Phản ánh của tôi", "Tình trạng hiện nay", "Từng bước", "Mã biên nhận", "Gửi", "Bạn có thể", "Bổ sung",
        "Đã nhận, đang chờ người tiếp nhận.", "Đã tiếp nhận, đang sắp xếp.", "Đang giải quyết.", "Đã giải quyết.", "Đã kết thúc.",
        "Đã rút lại.", "Không thuộc trách nhiệm của đồn; xem giải thích bên dưới.", "Đã nhận", "Tiếp nhận", "Bắt đầu giải quyết",
        "Giải quyết xong", "Kết thúc", "Mở lại", "Bổ sung", "Chuyển giao",
        "Chuyển lên cấp trên", "Hòa giải chung", "Đến tận nơi", "Hòa giải", "Tạm dừng",
        "Tiếp tục", "Đánh giá công khai", "Thăm lại", "Sẽ có người tiếp nhận trước {at}.", "Dự kiến giải quyết xong trước {at}.",
    ),
    "ru": (
        "По этому коду можно следить за вашим делом", "Моё обращение", "Как обстоит дело", "Шаг за шагом", "Код квитанции", "Отправить", "Что вы можете сделать", "Дополнить",
        "Принято, ждёт исполнителя.", "Взято в работу, готовится.", "Рассматривается.", "Решено.", "Закрыто.",
        "Отозвано.", "Не относится к участку; пояснение ниже.", "Принято", "Взято в работу", "Работа началась",
        "Решено", "Закрыто", "Открыто снова", "Дополнено", "Передано",
        "Передано на уровень выше", "Совместная медиация", "Посещение", "Медиация", "Приостановлено",
        "Продолжено", "Открытый разбор", "Повторное посещение", "Возьмут в работу до {at}.", "Должно быть решено до {at}.",
    ),
    "fr": (
        "Suivez votre affaire avec ce code", "Mon signalement", "Où cela en est", "Étape par étape", "Code du reçu", "Envoyer", "Ce que vous pouvez faire", "Ajouter une précision",
        "Reçu ; quelqu'un va s'en charger.", "Pris en charge, en préparation.", "En cours de traitement.", "Réglé.", "Clos.",
        "Retiré.", "Ne relève pas du poste ; voir ci-dessous.", "Reçu", "Pris en charge", "Le travail a commencé",
        "Réglé", "Clos", "Rouvert", "Précision ajoutée", "Transmis",
        "Porté à l'échelon supérieur", "Médiation commune", "Visite", "Médiation", "En pause",
        "Reprise", "Examen public", "Visite de suivi", "Prise en charge avant le {at}.", "À régler avant le {at}.",
    ),
    "es": (
        "Siga su asunto con este código", "Mi aviso", "Cómo está", "Paso a paso", "Código del recibo", "Enviar", "Lo que puede hacer", "Añadir algo",
        "Recibido; alguien se hará cargo.", "Aceptado, en preparación.", "En trámite.", "Resuelto.", "Cerrado.",
        "Retirado.", "No compete a la comisaría; vea la explicación abajo.", "Recibido", "Aceptado", "Comenzó el trabajo",
        "Resuelto", "Cerrado", "Reabierto", "Añadido", "Traspasado",
        "Un nivel más arriba", "Mediación conjunta", "Visita", "Mediación", "En pausa",
        "Se reanuda", "Revisión pública", "Visita de seguimiento", "Alguien se hará cargo antes del {at}.", "Se resolverá antes del {at}.",
    ),
    "ar": (
        "تابع قضيتك بهذا الرمز", "بلاغي", "الوضع الحالي", "خطوة بخطوة", "رمز الإيصال", "إرسال", "ما يمكنك فعله", "إضافة معلومات",
        "تم الاستلام، وسيتولاه أحد الموظفين.", "تم القبول، ويجري الترتيب.", "قيد المعالجة.", "تمت التسوية.", "أُغلق.",
        "سُحب.", "ليس من اختصاص المركز؛ انظر التوضيح أدناه.", "تم الاستلام", "تم القبول", "بدأ العمل",
        "تمت التسوية", "أُغلق", "فُتح من جديد", "إضافة", "أُحيل",
        "رُفع إلى مستوى أعلى", "وساطة مشتركة", "زيارة", "وساطة", "متوقف مؤقتًا",
        "استؤنف", "مراجعة علنية", "زيارة متابعة", "سيتولاه أحد قبل {at}.", "ستتم التسوية قبل {at}.",
    ),
}  # fmt: skip
#: language -> key -> words
SAID: Final = {language: dict(zip(KEYS, words, strict=True)) for language, words in _SAID.items()}
