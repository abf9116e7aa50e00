"""The line icons of the interface: drawn by us, always beside a word."""

from django.utils.html import format_html
from django.utils.safestring import mark_safe

PATHS = {
    "pin": '<path d="M12 21s-6.5-5.6-6.5-11a6.5 6.5 0 0 1 13 0c0 5.400-6.500 11-6.500 11z"/>'
    '<circle cx="12" cy="10" r="2.300"/>',
    "down": '<path d="m6 9.500 6 6 6-6"/>',
    "right": '<path d="m9.500 6 6 6-6 6"/>',
    "user": '<circle cx="12" cy="8" r="3.800"/>'
    '<path d="M4.500 20c1-4 4-5.800 7.500-5.800s6.500 1.800 7.500 5.800"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>',
    "flag": '<path d="M6 21V4M6 4.500h11l-2.500 4 2.500 4H6"/>',
    "people": '<circle cx="9" cy="8.500" r="3"/>'
    '<path d="M3.500 19c.7-3.400 2.900-5 5.500-5s4.800 1.600 5.500 5"/>'
    '<path d="M15 5.800a3 3 0 0 1 0 5.400M17 14.300c1.900.7 3 2.200 3.500 4.700"/>',
    "chip": '<rect x="6.500" y="6.500" width="11" height="11" rx="1.500"/>'
    '<path d="M9.500 3.500v3M14.500 3.500v3M9.500 17.500v3M14.500 17.500v3'
    'M3.500 9.500h3M3.500 14.500h3M17.500 9.500h3M17.500 14.500h3"/>',
    "shield": '<path d="M12 3.500 19 6v5.500c0 4.300-2.900 7.400-7 9-4.100-1.600-7-4.700-7-9V6z"/>'
    '<path d="m8.800 12 2.300 2.300 4.200-4.400"/>',
    "clock": '<circle cx="12" cy="12" r="8.300"/><path d="M12 7.500V12l3 2"/>',
    "print": '<path d="M7 9V4h10v5M7 17H4.500V9h15v8H17"/><path d="M7.500 14h9v6h-9z"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "check": '<path d="m5 12.500 4.500 4.500L19 7.500"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "edit": '<path d="M5 19h3.500L19 8.500 15.500 5 5 15.500z"/><path d="m13 7.500 3.500 3.500"/>',
    "file": '<path d="M6 3.500h8.500L19 8v12.500H6z"/><path d="M9.500 12h6M9.500 15.500h6"/>',
    "download": '<path d="M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 20h14"/>',
    "lock": '<rect x="5" y="10.500" width="14" height="9.500" rx="1.500"/>'
    '<path d="M8.500 10.500V7.800a3.500 3.500 0 0 1 7 0v2.700"/>',
    "key": '<circle cx="8" cy="12" r="4"/>'
    '<path d="M12 12h8.500M17.500 12v3.500M20.500 12v2.500"/>',
    "box": '<path d="M4 8.500 12 4.500l8 4v7.500l-8 4-8-4z"/>'
    '<path d="m4 8.500 8 4 8-4M12 12.500V20"/>',
    "bell": '<path d="M6 17h12l-1.500-2.500V10a4.500 4.500 0 0 0-9 0v4.500z"/>'
    '<path d="M10.500 20h3"/>',
    "chart": '<path d="M4.500 19.500h15M7 16v-4M12 16V6M17 16V9.500"/>',
    "money": '<rect x="4" y="6.500" width="16" height="11" rx="1.500"/>'
    '<circle cx="12" cy="12" r="2.500"/>',
    "list": '<path d="M9 6.500h11M9 12h11M9 17.500h11'
    'M4.500 6.500h.5M4.500 12h.5M4.500 17.500h.5"/>',
    "help": '<circle cx="12" cy="12" r="8.300"/>'
    '<path d="M9.800 9.500a2.300 2.300 0 1 1 3.200 2.300c-.7.3-1 .8-1 1.700M12 16.300v.2"/>',
}


def icon(name, css=""):
    """One line icon, hidden from screen readers: the word stands beside it."""
    return format_html(
        '<svg class="kc-i {}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        css, mark_safe(PATHS[name]),  # noqa: S308 - our own drawings
    )
